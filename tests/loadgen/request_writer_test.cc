#include "loadgen/request_writer.h"

#include <doctest/doctest.h>

#include "http/head_parser.h"

namespace pinion::loadgen {
namespace {

Options options_of_test() {
  Options options;
  options.authority = "chat.example:8080";
  options.path = "/ws/socket.io/";
  options.headers = {{"X-Test", "a b"}};
  return options;
}

/// The head, which has to be one that pinion itself takes; `rest` is what follows it.
http::RequestHead parsed(const std::string& request, std::string* rest = nullptr) {
  http::RequestHead head;
  std::string partial;
  const auto result = http::read_request_head(partial, request, {}, head);
  REQUIRE(result.status == http::HeadResult::Status::complete);
  if (rest != nullptr) *rest = request.substr(result.consumed);
  return head;
}

}  // namespace

TEST_CASE("a handshake and a poll") {
  const RequestWriter requests{options_of_test()};
  const auto handshake = parsed(requests.poll("", ""));
  CHECK(handshake.method == "GET");
  CHECK(handshake.target == "/ws/socket.io/?EIO=4&transport=polling");
  CHECK(handshake.host == "chat.example:8080");
  CHECK(handshake.keep_alive);
  CHECK(handshake.fields.find("x-test") == "a b");
  CHECK_FALSE(handshake.fields.find("cookie"));
  const auto poll = parsed(requests.poll("a&b=c", "k=v; l=w"));
  CHECK(poll.target == "/ws/socket.io/?EIO=4&transport=polling&sid=a%26b%3Dc");
  CHECK(poll.fields.find("cookie") == "k=v; l=w");
}

TEST_CASE("a POST has a length, and its packets behind the head") {
  const RequestWriter requests{options_of_test()};
  std::string body;
  const auto push = parsed(requests.push("s", "",
                                         "40\x1E"
                                         "42[\"ü\"]"),
                           &body);
  CHECK(push.method == "POST");
  CHECK(push.framing == http::Framing{http::Framing::Kind::length, body.size()});
  CHECK(body ==
        "40\x1E"
        "42[\"ü\"]");
  CHECK(push.fields.find("content-type") == "text/plain;charset=UTF-8");
}

TEST_CASE("an upgrade is one, and its key is the one whose answer is known") {
  const RequestWriter requests{options_of_test()};
  const auto upgrade = parsed(requests.upgrade("s", ""));
  CHECK(upgrade.upgrades_to_websocket);
  CHECK(upgrade.target == "/ws/socket.io/?EIO=4&transport=websocket&sid=s");
  // RFC 6455, 1.3 and 4.2.2: the example there.
  CHECK(upgrade.fields.find("sec-websocket-key") == "dGhlIHNhbXBsZSBub25jZQ==");
  CHECK(kWebSocketAccept == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST_CASE("a Host of one's own takes the place of the target's") {
  Options options = options_of_test();
  options.headers.emplace_back("host", "other.example");
  CHECK(parsed(RequestWriter{options}.poll("", "")).host == "other.example");
}

}  // namespace pinion::loadgen
