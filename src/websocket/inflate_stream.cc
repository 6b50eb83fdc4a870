#include "websocket/inflate_stream.h"

// zlib is used here and nowhere else: it is the one part of the data path that reads what is
// compressed.
#define ZLIB_CONST
#include <zlib.h>

#include <array>

namespace pinion::websocket {

void InflateStream::End::operator()(z_stream_s* stream) const noexcept {
  inflateEnd(stream);
  const std::unique_ptr<z_stream_s> owned{stream};
}

InflateStream::InflateStream() {
  auto stream = std::make_unique<z_stream_s>();
  if (inflateInit2(stream.get(), -MAX_WBITS) == Z_OK) stream_.reset(stream.release());
}

bool InflateStream::add_message(std::string_view compressed, std::size_t limit, std::string& out) {
  using namespace std::string_view_literals;
  constexpr auto kTail = "\x00\x00\xFF\xFF"sv;  // the sender took it off (RFC 7692, 7.2.1)
  out.clear();
  return stream_ && add(compressed, limit, out) && add(kTail, limit, out) && at_block_end();
}

/// Takes all of `in`. @returns false if it is not valid or `out` would be longer than `limit`
bool InflateStream::add(std::string_view in, std::size_t limit, std::string& out) {
  stream_->next_in = reinterpret_cast<const Bytef*>(in.data());
  stream_->avail_in = static_cast<uInt>(in.size());
  std::array<char, 1024> piece{};
  do {
    stream_->next_out = reinterpret_cast<Bytef*>(piece.data());
    stream_->avail_out = static_cast<uInt>(piece.size());
    const int result = inflate(stream_.get(), Z_SYNC_FLUSH);
    const std::size_t made = piece.size() - stream_->avail_out;
    if (made > limit - out.size()) return false;
    out.append(piece.data(), made);
    if (result == Z_STREAM_END) {
      // A block marked as final ends a deflate stream, but not a message: more blocks may follow
      // (RFC 7692, 7.2.3.4).
      if (inflateReset(stream_.get()) != Z_OK) return false;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      return false;
    }
  } while (stream_->avail_in > 0 || stream_->avail_out == 0);
  return true;
}

/// Whether what has been added so far ends with a whole deflate block.
bool InflateStream::at_block_end() const noexcept {
  constexpr int kBetweenBlocks = 128;  // zlib.h on inflate() and data_type
  return (stream_->data_type & kBetweenBlocks) != 0;
}

}  // namespace pinion::websocket
