// Payloads in which a client may join a namespace: their packets are all that is in them, what a
// CONNECT says points into it, a member of its JSON is found again when it stands alone, and all
// that begin as a CONNECT does are found in what passes.
//
// Input: a byte that chooses the member's name, a payload.
#include <iterator>
#include <string>

#include "engineio/connect_finder.h"
#include "engineio/connect_packet.h"
#include "pieces.h"

namespace pinion::fuzz {
namespace {

constexpr std::string_view kNames[] = {"sessionId", "a", ""};

void check_member(std::string_view object, std::string_view name) {
  const auto value = engineio::json_text_member(object, name);
  if (!value) return;
  PINION_CHECK(!value->empty(), "an empty value is none");
  std::string alone = "{\"" + std::string(name) + "\":\"";
  for (const char c : *value) {
    if (c == '"' || c == '\\') alone += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) {
      alone += c;
    } else {
      alone += "\\u00";
      alone += static_cast<char>('0' + (static_cast<unsigned char>(c) >> 4U));
      alone += "0123456789abcdef"[static_cast<unsigned char>(c) & 0xFU];
    }
  }
  alone += "\"}";
  PINION_CHECK(engineio::json_text_member(alone, name) == value, "a member says what it said");
}

void check_packet(std::string_view packet, std::string_view name) {
  const auto connect = engineio::read_connect(packet);
  if (!connect) return;
  PINION_CHECK(connect->nsp.starts_with('/'), "a namespace begins with a slash");
  PINION_CHECK(connect->nsp.find_first_of(",?") == std::string_view::npos, "and ends before these");
  PINION_CHECK(connect->auth.empty() || connect->auth.front() == '{', "it says an object");
  PINION_CHECK(packet.ends_with(connect->auth), "which is the end of the packet");
  const std::string again = "40" + std::string(connect->nsp) + ',' + std::string(connect->auth);
  const auto second = engineio::read_connect(again);
  PINION_CHECK(again.size() > engineio::kMaxConnectPacket ||
                   (second && second->nsp == connect->nsp && second->auth == connect->auth),
               "a packet says what it said");
  check_member(connect->auth, name);
}

void check_found(std::string_view input) {
  std::string expected;
  for (std::string_view rest = input; !rest.empty();) {
    const std::string_view packet = engineio::take_packet(rest);
    if (!packet.starts_with(engineio::kConnectPrefix)) continue;
    const std::string more = (expected.empty() ? "" : "\x1E") + std::string(packet);
    if (expected.size() + more.size() <= engineio::kMaxConnectPacket) expected += more;
  }
  const auto found = same_however_cut(input, 1, [&](auto next_size) {
    engineio::ConnectFinder finder;
    in_pieces(input, next_size, [&](std::string_view piece) { finder.feed(piece); });
    return finder.connects();
  });
  PINION_CHECK(found == expected, "every CONNECT is found, and nothing else");
}

void run(std::string_view input) {
  const std::string_view name = kNames[take_byte(input) % std::size(kNames)];
  check_found(input);
  std::string_view payload = input;
  std::size_t taken = 0;
  while (!payload.empty()) {
    const std::size_t before = payload.size();
    const std::string_view packet = engineio::take_packet(payload);
    PINION_CHECK(payload.size() < before, "each packet gets on");
    PINION_CHECK(packet.find('\x1E') == std::string_view::npos, "packets lie between separators");
    PINION_CHECK(packet.data() == input.data() + taken, "and follow one another");
    taken += before - payload.size();
    check_packet(packet, name);
  }
  PINION_CHECK(taken == input.size(), "nothing is left over");
  check_member(input, name);
}

}  // namespace
}  // namespace pinion::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pinion::fuzz::run(pinion::fuzz::as_text(data, size));
  return 0;
}
