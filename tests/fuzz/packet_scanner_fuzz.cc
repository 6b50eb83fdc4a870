// Payloads: how they are cut changes nothing, and the counts of the simple kinds are those of a
// reader that has the whole payload before it.
//
// Input: a byte that chooses the kind of body, a byte that seeds the cuts, the body.
#include <algorithm>
#include <string>

#include "engineio/packet_scanner.h"
#include "pieces.h"

namespace pinion::fuzz {
namespace {

using engineio::PacketScanner;

struct Outcome {
  std::uint64_t packets = 0;
  bool close = false;
  bool operator==(const Outcome&) const = default;
};

template <typename NextSize>
Outcome scan(PacketScanner::Body body, std::string_view bytes, NextSize next_size) {
  PacketScanner scanner{body};
  in_pieces(bytes, next_size, [&](std::string_view piece) {
    const std::uint64_t before = scanner.packets();
    scanner.feed(piece);
    PINION_CHECK(scanner.packets() >= before, "packets are not taken back");
  });
  scanner.finish();
  return {scanner.packets(), scanner.saw_close()};
}

/// v4: what stands between separators, unless it is empty.
Outcome separated(std::string_view bytes) {
  Outcome outcome;
  std::size_t at = 0;
  while (at < bytes.size()) {
    const std::size_t end = std::min(bytes.find('\x1E', at), bytes.size());
    if (end > at) ++outcome.packets;
    if (end > at && bytes[at] == '1') outcome.close = true;
    at = end + 1;
  }
  return outcome;
}

/// A length that no body has.
constexpr std::size_t kNoBody = std::size_t{1} << 40U;

/// v3 in ASCII, where a byte is a code unit.
Outcome prefixed(std::string_view bytes) {
  Outcome outcome;
  while (!bytes.empty()) {
    const auto colon = bytes.find_first_not_of("0123456789");
    if (colon == std::string_view::npos || colon == 0 || bytes[colon] != ':') break;
    std::size_t length = 0;
    for (const char digit : bytes.substr(0, colon)) {
      length = std::min(length * 10 + static_cast<std::size_t>(digit - '0'), kNoBody + 1);
    }
    if (length > kNoBody) break;
    const std::string_view packet = bytes.substr(colon + 1, length);
    if (!packet.empty()) ++outcome.packets;
    if (packet.starts_with('1')) outcome.close = true;
    bytes.remove_prefix(colon + 1 + packet.size());
  }
  return outcome;
}

bool is_ascii(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c >= 0; });
}

void run(std::string_view input) {
  const unsigned choice = take_byte(input);
  const PacketScanner::Body body{.revision = (choice & 1U) != 0 ? 3 : 4,
                                 .jsonp_post = (choice & 6U) == 2,
                                 .jsonp_answer = (choice & 6U) == 4,
                                 .binary = (choice & 8U) != 0,
                                 .opaque = (choice & 0xF0U) == 0xF0};
  const unsigned seed = take_byte(input);
  const Outcome seen =
      same_however_cut(input, seed, [&](auto next_size) { return scan(body, input, next_size); });

  PINION_CHECK(seen.packets <= input.size(), "a packet has a byte at least");
  PINION_CHECK(!seen.close || seen.packets > 0, "a close is a packet");
  if (body.opaque) {
    PINION_CHECK(seen == Outcome{}, "nothing is told of what is opaque");
  } else if (!body.jsonp_post && !body.jsonp_answer) {
    if (body.revision == 4) PINION_CHECK(seen == separated(input), "v4 is what is between");
    if (body.revision == 3 && !body.binary && is_ascii(input)) {
      PINION_CHECK(seen == prefixed(input), "v3 is what the lengths say");
    }
  }
}

}  // namespace
}  // namespace pinion::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pinion::fuzz::run(pinion::fuzz::as_text(data, size));
  return 0;
}
