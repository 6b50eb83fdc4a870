#include "websocket/close_frame.h"

#include <doctest/doctest.h>

#include "websocket/first_message.h"
#include "websocket/frame_scanner.h"

namespace pinion::websocket {
namespace {

using namespace std::string_literals;

/// The payload of a frame that must be one whole, valid close frame.
std::string payload_of(std::string_view bytes, bool masked) {
  FrameScanner scanner;
  const auto head = scanner.next(bytes);
  REQUIRE(head.frame_begins);
  const FrameHeader frame = scanner.header();
  CHECK(frame.fin);
  CHECK_FALSE(frame.rsv1);
  CHECK(frame.opcode == Opcode::close);
  CHECK(frame.masked == masked);
  const auto body = scanner.next(bytes.substr(head.consumed));
  CHECK(scanner.at_boundary());
  CHECK(head.consumed + body.consumed == bytes.size());
  std::string payload(body.payload);
  for (std::size_t i = 0; masked && i < payload.size(); ++i) {
    payload[i] = static_cast<char>(static_cast<unsigned char>(payload[i]) ^ frame.mask[i % 4]);
  }
  return payload;
}

}  // namespace

TEST_CASE("close frames carry the code and the reason") {
  CHECK(close_frame_to_client(CloseCode::going_away, "") == "\x88\x02\x03\xE9"s);
  CHECK(payload_of(close_frame_to_client(CloseCode::service_restart, "drain"), false) ==
        "\x03\xF4"
        "drain");
  CHECK(payload_of(close_frame_to_client(CloseCode::try_again_later, "full"), false) ==
        "\x03\xF5"
        "full");
}

TEST_CASE("close frames to a backend are masked") {
  CHECK(close_frame_to_server(CloseCode::going_away, "", 0x37FA213D) ==
        "\x88\x82\x37\xFA\x21\x3D\x34\x13"s);
  CHECK(payload_of(close_frame_to_server(CloseCode::going_away, "bye now", 0xDEADBEEF), true) ==
        "\x03\xE9"
        "bye now");
  CHECK(payload_of(close_frame_to_server(CloseCode::going_away, "x", 0), true) ==
        "\x03\xE9"
        "x");
}

TEST_CASE("a reason that does not fit is cut between two characters") {
  const auto reason_of = [](std::string_view reason) {
    return payload_of(close_frame_to_client(CloseCode::going_away, reason), false).substr(2);
  };
  CHECK(reason_of(std::string(123, 'r')) == std::string(123, 'r'));
  CHECK(reason_of(std::string(124, 'r')) == std::string(123, 'r'));
  const std::string smile = "\xF0\x9F\x98\x80";
  CHECK(reason_of(std::string(119, 'r') + smile) == std::string(119, 'r') + smile);
  for (const std::size_t before : {120U, 121U, 122U, 123U}) {
    CHECK(reason_of(std::string(before, 'r') + smile) == std::string(before, 'r'));
  }
  CHECK(reason_of(std::string(500, '\x80')).empty());
}

}  // namespace pinion::websocket
