// Answers to handshakes: how they are cut changes nothing, and what is found is within bounds.
//
// Input: a byte that seeds the cuts, the body.
#include <string>

#include "engineio/open_packet.h"
#include "pieces.h"

namespace pinion::fuzz {
namespace {

using engineio::OpenPacket;
using engineio::OpenPacketReader;
using Status = OpenPacketReader::Status;

struct Outcome {
  Status status = Status::need_more;
  std::string sid;
  Duration ping_interval{};
  Duration ping_timeout{};
  std::uint64_t max_payload = 0;
  bool operator==(const Outcome&) const = default;
};

template <typename NextSize>
Outcome read(std::string_view body, NextSize next_size) {
  OpenPacketReader reader;
  Outcome outcome;
  in_pieces(body, next_size, [&](std::string_view piece) {
    const Status status = reader.feed(piece);
    PINION_CHECK(outcome.status == Status::need_more || status == outcome.status,
                 "a decision stands");
    outcome.status = status;
  });
  if (outcome.status == Status::need_more) {
    PINION_CHECK(body.size() < engineio::kMaxOpenPacket, "nothing waits for ever");
    PINION_CHECK(reader.finish() == Status::absent, "a body that has ended brings no more");
  }
  if (outcome.status != Status::found) return outcome;
  const OpenPacket& packet = reader.packet();
  PINION_CHECK(!packet.sid.empty() && packet.sid.size() <= engineio::kMaxSid, "a sid is bounded");
  for (const Duration time : {packet.ping_interval, packet.ping_timeout}) {
    PINION_CHECK(time >= Duration::zero() && time <= std::chrono::hours{24}, "times are bounded");
  }
  outcome.sid = packet.sid;
  outcome.ping_interval = packet.ping_interval;
  outcome.ping_timeout = packet.ping_timeout;
  outcome.max_payload = packet.max_payload;
  return outcome;
}

void run(std::string_view input) {
  const unsigned seed = take_byte(input);
  same_however_cut(input, seed, [&](auto next_size) { return read(input, next_size); });
}

}  // namespace
}  // namespace pinion::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pinion::fuzz::run(pinion::fuzz::as_text(data, size));
  return 0;
}
