// Payloads in which a client may join a namespace: their packets are all that is in them, what a
// CONNECT says points into it, and a member of its JSON is found again when it stands alone.
//
// Input: a byte that chooses the member's name, a payload.
#include <iterator>
#include <string>

#include "bytes.h"
#include "engineio/connect_packet.h"

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

void run(std::string_view input) {
  const std::string_view name = kNames[take_byte(input) % std::size(kNames)];
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
