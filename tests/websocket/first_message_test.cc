#include "websocket/first_message.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "frame_maker.h"
#include "support/splits.h"

namespace pinion::websocket {
namespace {

using Status = FirstMessage::Status;
using test::write;

constexpr std::size_t kMessageLimit = 300;
const std::string kOpen = R"(0{"sid":"abc","upgrades":[],"pingInterval":25000})";

/// Feeds the stream in every way, and has all agree.
void check_stream(const std::string& bytes, Status status, const std::string& text = {}) {
  auto random = pinion::test::repeatable(13);
  for (const auto& pieces : pinion::test::splits(bytes, random)) {
    FirstMessage message{kMessageLimit};
    Status last = Status::need_more;
    for (const auto piece : pieces) last = message.feed(piece);
    CHECK(last == status);
    if (status == Status::complete) CHECK(message.text() == text);
    CHECK(message.text().size() <= kMessageLimit);
  }
}

}  // namespace

TEST_CASE("the first message, plain") {
  check_stream(write({.payload = kOpen}), Status::complete, kOpen);
  check_stream(write({.mask_key = 0x12345678, .payload = kOpen}), Status::complete, kOpen);
  check_stream(write({.opcode = 2, .payload = kOpen}), Status::complete, kOpen);
  check_stream(write({.payload = ""}), Status::complete, "");
  check_stream(write({.payload = std::string(kMessageLimit, 'x')}), Status::complete,
               std::string(kMessageLimit, 'x'));
}

TEST_CASE("what follows the first message is not looked at") {
  check_stream(write({.payload = kOpen}) + write({.payload = "40"}), Status::complete, kOpen);
  check_stream(write({.payload = kOpen}) + "\xFF\xFF", Status::complete, kOpen);
}

TEST_CASE("control frames before and within it are passed over") {
  const std::string ping = write({.opcode = 9, .payload = "ping"});
  const std::string pong = write({.opcode = 10, .mask_key = 7, .payload = ""});
  check_stream(ping + pong + write({.payload = kOpen}), Status::complete, kOpen);
  check_stream(
      write({.fin = false, .payload = kOpen.substr(0, 10)}) + ping +
          write({.opcode = 0, .fin = false, .mask_key = 99, .payload = kOpen.substr(10, 7)}) +
          pong + ping + write({.opcode = 0, .payload = kOpen.substr(17)}),
      Status::complete, kOpen);
}

TEST_CASE("the first message, compressed") {
  const std::string compressed = test::deflate_message(kOpen);
  check_stream(write({.rsv1 = true, .payload = compressed}), Status::complete, kOpen);
  check_stream(write({.rsv1 = true, .mask_key = 0xCAFEBABE, .payload = compressed}),
               Status::complete, kOpen);
  check_stream(write({.fin = false, .rsv1 = true, .payload = compressed.substr(0, 5)}) +
                   write({.opcode = 9, .payload = "x"}) +
                   write({.opcode = 0, .fin = false, .payload = ""}) +
                   write({.opcode = 0, .payload = compressed.substr(5)}),
               Status::complete, kOpen);
}

TEST_CASE("a message over the limit is absent, compressed or not") {
  check_stream(write({.payload = std::string(kMessageLimit + 1, 'x')}), Status::absent);
  check_stream(test::header_of({.payload = std::string(100000, 'x')}), Status::absent);
  check_stream(write({.fin = false, .payload = std::string(kMessageLimit, 'x')}) +
                   write({.opcode = 0, .payload = "y"}),
               Status::absent);
  const std::string bomb = test::deflate_message(std::string(kMessageLimit + 1, 'x'));
  REQUIRE(bomb.size() < 20);
  check_stream(write({.rsv1 = true, .payload = bomb}), Status::absent);
}

TEST_CASE("streams without a first message") {
  check_stream("", Status::need_more);
  check_stream(write({.opcode = 9, .payload = "ping"}), Status::need_more);
  check_stream(write({.fin = false, .payload = "0{"}), Status::need_more);
  check_stream(write({.opcode = 8, .payload = "\x03\xE9"}), Status::absent);
  check_stream(write({.opcode = 0, .payload = "0{"}), Status::absent);
  check_stream(write({.fin = false, .payload = "0"}) + write({.payload = "{}"}), Status::absent);
  check_stream(write({.opcode = 3, .payload = "0{"}), Status::absent);
  check_stream(write({.opcode = 9, .rsv1 = true, .payload = ""}), Status::absent);
  check_stream(write({.fin = false, .rsv1 = true, .payload = "x"}) +
                   write({.opcode = 0, .rsv1 = true, .payload = "y"}),
               Status::absent);
  check_stream(write({.rsv1 = true, .payload = "not deflate"}), Status::absent);
}

}  // namespace pinion::websocket
