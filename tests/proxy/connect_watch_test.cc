#include "proxy/connect_watch.h"

#include <doctest/doctest.h>

#include "../websocket/frame_maker.h"

namespace pinion::proxy {
namespace {

using websocket::test::deflate_message;
using Verdict = ConnectWatch::Verdict;

std::string said(std::string payload, unsigned opcode = 1) {
  return websocket::test::write(
      {.opcode = opcode, .mask_key = 0x12345678, .payload = std::move(payload)});
}

std::string said_compressed(std::string_view text) {
  return websocket::test::write(
      {.opcode = 1, .rsv1 = true, .mask_key = 0x12345678, .payload = deflate_message(text)});
}

const std::string kConnect = said(R"(40{"sessionId":"x"})");

}  // namespace

TEST_CASE("a CONNECT is found however its bytes come, and is held with all that follows") {
  const std::string bytes = kConnect + said("42[1]");
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    ConnectWatch watch;
    const Verdict first = watch.feed(std::string_view(bytes).substr(0, cut));
    CHECK(first == (cut < kConnect.size() ? Verdict::need_more : Verdict::connect));
    CHECK(watch.feed(std::string_view(bytes).substr(cut)) == Verdict::connect);
    CHECK(watch.packet().auth == R"({"sessionId":"x"})");
    CHECK(watch.packet().nsp == "/");
    CHECK(watch.take_passable().empty());
    CHECK(watch.take_all() == bytes);
  }
}

TEST_CASE("the steps of an upgrade, pings and pongs go on before it") {
  ConnectWatch watch;
  CHECK(watch.feed(said("2probe")) == Verdict::need_more);
  CHECK(watch.take_passable() == said("2probe"));
  CHECK(watch.feed(said("5") + said("3") + kConnect) == Verdict::connect);
  CHECK(watch.take_passable() == said("5") + said("3"));
  CHECK(watch.take_passable().empty());
  CHECK(watch.take_all() == kConnect);
  CHECK_FALSE(watch.has_history());
}

TEST_CASE("control frames go on before it, unless they come within a message") {
  ConnectWatch watch;
  const std::string ping = said("ping", 9);
  CHECK(watch.feed(ping.substr(0, 4)) == Verdict::need_more);
  CHECK(watch.take_passable().empty());
  CHECK(watch.feed(ping.substr(4)) == Verdict::need_more);
  CHECK(watch.take_passable() == ping);
  const std::string part =
      websocket::test::write({.opcode = 1, .fin = false, .mask_key = 1, .payload = "40"});
  CHECK(watch.feed(part + ping) == Verdict::need_more);
  CHECK(watch.take_passable().empty());
  CHECK(watch.take_all() == part + ping);
  ConnectWatch leaving;
  CHECK(leaving.feed(said("\x03\xe8", 8)) == Verdict::closed);
}

TEST_CASE("the next CONNECT is found if it is there") {
  ConnectWatch watch;
  const std::string bytes = said("2probe") + said("40") + said("40/a,") + kConnect + said("42[1]");
  CHECK(watch.feed(bytes) == Verdict::connect);
  CHECK(watch.take_passable() == said("2probe"));
  CHECK(watch.next_connect());
  CHECK(watch.packet().nsp == "/a");
  CHECK(watch.next_connect());
  CHECK(watch.packet().auth == R"({"sessionId":"x"})");
  CHECK_FALSE(watch.next_connect());
  CHECK(watch.take_all() == bytes.substr(said("2probe").size()));
  ConnectWatch alone;
  CHECK(alone.feed(said("40") + kConnect.substr(0, 5)) == Verdict::connect);
  CHECK_FALSE(alone.next_connect());
}

TEST_CASE("who says something else first has nothing to be waited for") {
  ConnectWatch event;
  CHECK(event.feed(said("42[1]")) == Verdict::unjoined);
  CHECK(event.take_all() == said("42[1]"));
  ConnectWatch binary;
  CHECK(binary.feed(said("40", 2)) == Verdict::unjoined);
  ConnectWatch nothing;
  CHECK(nothing.feed(said("")) == Verdict::unjoined);
}

TEST_CASE("a compressed CONNECT is read, and what was compressed before it is remembered") {
  ConnectWatch watch;
  const std::string connect = said_compressed(R"(40/admin,{"sessionId":"y"})");
  CHECK(watch.feed(connect) == Verdict::connect);
  CHECK(watch.packet().nsp == "/admin");
  CHECK_FALSE(watch.has_history());
  ConnectWatch upgraded;
  CHECK(upgraded.feed(said_compressed("2probe") + said("5") + connect) == Verdict::connect);
  CHECK(upgraded.has_history());
}

TEST_CASE("what cannot be read, or does not end, is held no longer") {
  ConnectWatch broken;
  CHECK(broken.feed(std::string("\x83\x80", 2) + std::string(20, '\xff')) == Verdict::unread);
  ConnectWatch endless;
  const std::string frame = said("40" + std::string(engineio::kMaxConnectPacket + 10, ' '));
  CHECK(endless.feed(frame) == Verdict::unread);
  CHECK(endless.take_all() == frame);
}

}  // namespace pinion::proxy
