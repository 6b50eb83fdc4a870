// WebSocket streams: scan() and next() see the same frames and boundaries, however the stream is
// cut.
//
// Input: a byte that seeds the cuts, the stream.
#include <string>
#include <vector>

#include "pieces.h"
#include "websocket/frame_scanner.h"

namespace pinion::fuzz {
namespace {

using websocket::FrameHeader;
using websocket::FrameScanner;

struct Outcome {
  std::vector<std::uint64_t> frames;  // flags, mask and length of each
  std::size_t last_boundary = 0;      // bytes of the stream before it
  bool at_boundary = true;
  bool broken = false;
  bool operator==(const Outcome&) const = default;
};

void note(const FrameHeader& header, Outcome& outcome) {
  std::uint64_t mask = 0;
  for (const std::uint8_t byte : header.mask) mask = mask << 8U | byte;
  outcome.frames.push_back((mask << 8U) | (static_cast<std::uint64_t>(header.opcode) << 3U) |
                           (header.fin ? 4U : 0U) | (header.rsv1 ? 2U : 0U) |
                           (header.masked ? 1U : 0U));
  outcome.frames.push_back(header.length);
  PINION_CHECK(!is_control(header.opcode) || (header.fin && header.length <= 125),
               "control frames are whole and short");
  PINION_CHECK(header.length >> 63U == 0, "lengths have 63 bits");
  PINION_CHECK(header.masked || mask == 0, "no mask, no key");
}

template <typename NextSize>
Outcome by_scan(std::string_view stream, NextSize next_size) {
  FrameScanner scanner;
  Outcome outcome;
  std::size_t taken = 0;
  in_pieces(stream, next_size, [&](std::string_view piece) {
    const std::size_t tail = scanner.scan(
        piece, [&](const FrameHeader& header, std::string_view) { note(header, outcome); });
    PINION_CHECK(tail <= piece.size(), "the tail lies in the piece");
    taken += piece.size();
    if (tail < piece.size()) outcome.last_boundary = taken - tail;
    PINION_CHECK(scanner.at_boundary() == (!scanner.broken() && outcome.last_boundary == taken),
                 "what scan returns says where the stream stands");
  });
  outcome.at_boundary = scanner.at_boundary();
  outcome.broken = scanner.broken();
  return outcome;
}

template <typename NextSize>
Outcome by_next(std::string_view stream, NextSize next_size) {
  FrameScanner scanner;
  Outcome outcome;
  std::size_t taken = 0;
  in_pieces(stream, next_size, [&](std::string_view piece) {
    while (!piece.empty()) {
      const auto step = scanner.next(piece);
      PINION_CHECK(step.consumed > 0 && step.consumed <= piece.size(), "each step gets on");
      PINION_CHECK(step.payload.empty() || step.payload.size() == step.consumed,
                   "a step is header or payload");
      PINION_CHECK(step.payload.empty() ||
                       step.payload_offset + step.payload.size() <= scanner.header().length,
                   "payload lies in its frame");
      if (step.frame_begins) note(scanner.header(), outcome);
      taken += step.consumed;
      if (step.frame_ends) outcome.last_boundary = taken;
      piece.remove_prefix(step.consumed);
    }
  });
  outcome.at_boundary = scanner.at_boundary();
  outcome.broken = scanner.broken();
  return outcome;
}

void run(std::string_view input) {
  const unsigned seed = take_byte(input);
  const Outcome scanned =
      same_however_cut(input, seed, [&](auto next_size) { return by_scan(input, next_size); });
  const Outcome stepped =
      same_however_cut(input, seed, [&](auto next_size) { return by_next(input, next_size); });
  PINION_CHECK(scanned == stepped, "scan and next agree");
}

}  // namespace
}  // namespace pinion::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pinion::fuzz::run(pinion::fuzz::as_text(data, size));
  return 0;
}
