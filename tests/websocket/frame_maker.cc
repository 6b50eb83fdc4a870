#include "frame_maker.h"

#include <zlib.h>

namespace pinion::websocket::test {
namespace {

void put_big_endian(std::string& out, std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i > 0; --i) out.push_back(static_cast<char>(value >> (8 * (i - 1))));
}

}  // namespace

std::string header_of(const Frame& frame) {
  const std::size_t size = frame.payload.size();
  unsigned length_bytes = frame.length_bytes;
  if (length_bytes == 0 && size > 125) length_bytes = size > 0xFFFF ? 8 : 2;
  const std::size_t length7 = length_bytes == 0 ? size : (length_bytes == 2 ? 126 : 127);
  std::string out;
  out.push_back(
      static_cast<char>((frame.fin ? 0x80U : 0U) | (frame.rsv1 ? 0x40U : 0U) | frame.opcode));
  out.push_back(static_cast<char>((frame.mask_key ? 0x80U : 0U) | length7));
  if (length_bytes != 0) put_big_endian(out, size, length_bytes);
  if (frame.mask_key) put_big_endian(out, *frame.mask_key, 4);
  return out;
}

std::string write(const Frame& frame) {
  std::string out = header_of(frame);
  const std::size_t at = out.size();
  out += frame.payload;
  for (std::size_t i = 0; frame.mask_key && i < frame.payload.size(); ++i) {
    const auto mask = static_cast<unsigned char>(*frame.mask_key >> (24 - 8 * (i % 4)));
    out[at + i] = static_cast<char>(static_cast<unsigned char>(out[at + i]) ^ mask);
  }
  return out;
}

std::string deflate_message(std::string_view text, int window_bits) {
  return deflate_messages({std::string(text)}, window_bits).front();
}

std::vector<std::string> deflate_messages(const std::vector<std::string>& texts, int window_bits) {
  z_stream stream{};
  deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -window_bits, 8, Z_DEFAULT_STRATEGY);
  std::vector<std::string> messages;
  for (const std::string& text : texts) {
    std::vector<Bytef> in(text.begin(), text.end());
    std::vector<Bytef> out(deflateBound(&stream, static_cast<uLong>(text.size())) + 16);
    stream.next_in = in.data();
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = out.data();
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_SYNC_FLUSH);
    messages.emplace_back(out.begin(), out.end() - stream.avail_out);
    // After a flush, zlib writes nothing more for an empty message (RFC 7692, 7.2.3.6).
    if (messages.back().empty()) messages.back().assign("\0\0\0\xFF\xFF", 5);
    messages.back().resize(messages.back().size() - 4);
  }
  deflateEnd(&stream);
  return messages;
}

}  // namespace pinion::websocket::test
