// Requests on a socket.io path: the reader that avoids allocation finds what one finds that splits
// and decodes everything.
//
// Input: a byte that chooses the method and the upgrade, the query.
#include <algorithm>
#include <iterator>
#include <map>
#include <string>

#include "base/percent.h"
#include "bytes.h"
#include "engineio/intent.h"

namespace pinion::fuzz {
namespace {

using engineio::Intent;
using Kind = Intent::Kind;

constexpr std::string_view kMethods[] = {"GET", "POST", "OPTIONS", "HEAD", "PUT", ""};

std::map<std::string, std::string> decoded(std::string_view query) {
  std::map<std::string, std::string> values;
  std::size_t at = 0;
  while (at <= query.size()) {
    const std::size_t end = std::min(query.find('&', at), query.size());
    const std::string_view pair = query.substr(at, end - at);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view value = equals < pair.size() ? pair.substr(equals + 1) : "";
    values[percent_decode(pair.substr(0, equals), PlusMeans::space)] =
        percent_decode(value, PlusMeans::space);
    at = end + 1;
  }
  return values;
}

void run(std::string_view input) {
  const unsigned choice = take_byte(input);
  http::RequestHead head;
  head.method = kMethods[choice % std::size(kMethods)];
  head.target = "/socket.io/?" + std::string(input);
  head.upgrades_to_websocket = head.method == "GET" && (choice & 0x80U) != 0;
  const Intent intent = engineio::classify(head, "/socket.io/");

  const auto values = decoded(input);
  const auto value_of = [&](const char* name) {
    const auto at = values.find(name);
    return at == values.end() ? std::string{} : at->second;
  };
  PINION_CHECK(intent.sid == value_of("sid"), "the last sid counts");
  PINION_CHECK(intent.revision == (value_of("EIO") == "4" ? 4 : 3), "only 4 is 4");
  PINION_CHECK(intent.jsonp == values.contains("j"), "j means JSONP");
  PINION_CHECK(intent.websocket == head.upgrades_to_websocket, "the head says so");
  PINION_CHECK(!intent.in_session() || !intent.sid.empty(), "a session has a name");
  PINION_CHECK((intent.kind == Kind::upgrade) == (intent.websocket && !intent.sid.empty()),
               "an upgrade is for a session");
  PINION_CHECK((intent.kind == Kind::handshake) == (head.method == "GET" && intent.sid.empty()),
               "a GET without sid is a handshake");
  PINION_CHECK(engineio::classify(head, "").kind == Kind::other, "no path, no Engine.IO");

  const std::string path = "/" + std::string(input);
  PINION_CHECK(engineio::is_engineio_path(path, percent_decode(path, PlusMeans::plus)),
               "a path begins with itself, decoded");
}

}  // namespace
}  // namespace pinion::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pinion::fuzz::run(pinion::fuzz::as_text(data, size));
  return 0;
}
