// The first message of a WebSocket: how the stream is cut changes nothing, and neither a length nor
// a compressed message makes it keep more than its limit.
//
// Input: a byte for the limit, a byte that seeds the cuts, the stream (also read as a compressed
// message).
#include <string>

#include "pieces.h"
#include "websocket/first_message.h"
#include "websocket/inflate_stream.h"

namespace pinion::fuzz {
namespace {

using websocket::FirstMessage;
using Status = FirstMessage::Status;

struct Outcome {
  Status status = Status::need_more;
  std::string text;
  bool operator==(const Outcome&) const = default;
};

template <typename NextSize>
Outcome read(std::string_view stream, std::size_t limit, NextSize next_size) {
  FirstMessage message{limit};
  Status status = Status::need_more;
  in_pieces(stream, next_size, [&](std::string_view piece) {
    const Status now = message.feed(piece);
    PINION_CHECK(status == Status::need_more || now == status, "a decision stands");
    PINION_CHECK(message.text().size() <= limit, "the limit holds");
    status = now;
  });
  return {status, status == Status::complete ? message.text() : std::string{}};
}

bool inflate(std::string_view compressed, std::size_t limit, std::string& out) {
  return websocket::InflateStream{}.add_message(compressed, limit, out);
}

void run(std::string_view input) {
  const std::size_t limit = std::size_t{take_byte(input)} * 16;
  const unsigned seed = take_byte(input);
  same_however_cut(input, seed, [&](auto next_size) { return read(input, limit, next_size); });

  std::string inflated;
  const bool valid = inflate(input, limit, inflated);
  PINION_CHECK(inflated.size() <= limit, "the limit holds");
  std::string again;
  PINION_CHECK(!valid || inflate(input, inflated.size(), again), "a message fits its own length");
  PINION_CHECK(!valid || again == inflated, "and is the same");
}

}  // namespace
}  // namespace pinion::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pinion::fuzz::run(pinion::fuzz::as_text(data, size));
  return 0;
}
