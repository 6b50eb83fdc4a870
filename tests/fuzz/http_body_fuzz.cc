// Bodies: how the input is cut changes nothing, no byte is consumed that is not there, and what a
// chunked body held is read again from the chunks that we write.
//
// Input: a byte that chooses the framing, a byte that seeds the cuts, the body and what follows it.
#include <string>

#include "bytes.h"
#include "http/body_reader.h"

namespace pinion::fuzz {
namespace {

using http::BodyReader;
using http::Framing;

struct Outcome {
  std::string payload;
  std::size_t consumed = 0;
  bool done = false;
  bool malformed = false;

  bool operator==(const Outcome&) const = default;
};

template <typename NextSize>
Outcome read(Framing framing, std::string_view bytes, NextSize next_size) {
  BodyReader reader{framing};
  Outcome outcome;
  while (outcome.consumed < bytes.size() && !reader.done() && !outcome.malformed) {
    std::string_view piece = bytes.substr(outcome.consumed, next_size());
    while (!piece.empty() && !reader.done() && !outcome.malformed) {
      const auto step = reader.next(piece);
      PINION_CHECK(step.consumed <= piece.size(), "nothing is consumed that is not there");
      PINION_CHECK(step.consumed > 0 || step.malformed, "each step gets on");
      PINION_CHECK(step.data.empty() || step.data.data() >= piece.data(),
                   "payload lies in the input");
      PINION_CHECK(
          step.data.empty() || step.data.data() + step.data.size() == piece.data() + step.consumed,
          "payload is the end of what was consumed");
      outcome.payload += step.data;
      outcome.consumed += step.consumed;
      outcome.malformed = step.malformed;
      piece.remove_prefix(step.consumed);
    }
  }
  outcome.done = reader.done();
  PINION_CHECK(reader.received() == outcome.payload.size(), "payload is counted");
  PINION_CHECK(!(outcome.done && outcome.malformed), "a malformed body never ends well");
  return outcome;
}

void check_rewritten(const Outcome& original, Cuts cuts) {
  std::string chunks;
  std::string_view rest = original.payload;
  while (!rest.empty()) {
    const std::string_view chunk = rest.substr(0, cuts.next());
    chunks.append(http::chunk_size_line(chunk.size()).view()).append(chunk).append(http::kChunkEnd);
    rest.remove_prefix(chunk.size());
  }
  chunks.append(http::kLastChunk);
  const auto again = read({Framing::Kind::chunked}, chunks, [&] { return chunks.size(); });
  PINION_CHECK(again.done && again.payload == original.payload, "what we write is read as it was");
  PINION_CHECK(again.consumed == chunks.size(), "and ends where we ended it");
}

Framing framing_for(unsigned choice) {
  if (choice < 192) return {Framing::Kind::chunked};
  if (choice == 255) return {Framing::Kind::until_close};
  return {Framing::Kind::length, choice - 192};
}

void run(std::string_view input) {
  const Framing framing = framing_for(take_byte(input));
  Cuts cuts{take_byte(input)};
  const Outcome whole = read(framing, input, [&] { return input.size(); });
  PINION_CHECK(read(framing, input, [] { return 1; }) == whole, "bytewise is the same");
  PINION_CHECK(read(framing, input, [&] { return cuts.next(); }) == whole, "cuts change nothing");
  if (whole.done) check_rewritten(whole, cuts);
}

}  // namespace
}  // namespace pinion::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pinion::fuzz::run(pinion::fuzz::as_text(data, size));
  return 0;
}
