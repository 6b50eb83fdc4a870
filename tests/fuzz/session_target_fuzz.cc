// Targets of sessions that stand under another sid: exactly the new one is read of them, and the
// rest of their pairs are as they were.
//
// Input: a byte for the length of the new sid, the sid, the query.
#include <algorithm>
#include <string>
#include <vector>

#include "base/percent.h"
#include "bytes.h"
#include "engineio/intent.h"
#include "engineio/session_target.h"

namespace pinion::fuzz {
namespace {

using Pairs = std::vector<std::string>;

std::string name_of(const std::string& pair) {
  return percent_decode(pair.substr(0, pair.find('=')), PlusMeans::space);
}

/// All pairs whose name is none of those two.
Pairs others(std::string_view target, std::string_view one, std::string_view two) {
  Pairs pairs;
  std::size_t at = target.find('?');
  while (at != std::string_view::npos) {
    const std::size_t end = target.find('&', at + 1);
    const std::string pair(target.substr(at + 1, end - at - 1));
    const std::string name = name_of(pair);
    if (!pair.empty() && name != one && name != two) pairs.push_back(pair);
    at = end;
  }
  return pairs;
}

std::size_t count(std::string_view target, std::string_view name) {
  return others(target, "", "").size() - others(target, name, "").size();
}

std::string sid_of(const std::string& target) {
  http::RequestHead head;
  head.method = "GET";
  head.target = target;
  return engineio::classify(head, "/").sid;
}

void run(std::string_view input) {
  const std::size_t length = take_byte(input) % 32;
  const std::string sid(input.substr(0, length));
  input.remove_prefix(std::min(length, input.size()));
  const std::string target = "/socket.io/?" + std::string(input);

  const std::string moved = engineio::with_sid(target, sid);
  const bool has_sid = count(target, "sid") > 0;
  PINION_CHECK(sid_of(moved) == (has_sid ? sid : ""), "the new sid is read");
  PINION_CHECK(has_sid || moved == target, "no sid, no change");
  PINION_CHECK(count(moved, "sid") == count(target, "sid"), "each is replaced");
  PINION_CHECK(others(moved, "sid", "") == others(target, "sid", ""), "the rest stays");
  PINION_CHECK(engineio::with_sid(moved, sid) == moved, "once is enough");

  const std::string opening = engineio::opening_target(target, "polling");
  PINION_CHECK(count(opening, "sid") == 0, "a handshake has no sid");
  PINION_CHECK(count(opening, "transport") == 1, "and one transport");
  PINION_CHECK(others(opening, "sid", "transport") == others(target, "sid", "transport"),
               "the rest stays");
  PINION_CHECK(engineio::opening_target(opening, "polling") == opening, "once is enough");
}

}  // namespace
}  // namespace pinion::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pinion::fuzz::run(pinion::fuzz::as_text(data, size));
  return 0;
}
