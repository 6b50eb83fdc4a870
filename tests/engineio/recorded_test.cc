// What real servers sent (fixtures/README.md), through the readers that a proxy puts it through.
#include <doctest/doctest.h>

#include <cctype>
#include <string>

#include "engineio/open_packet.h"
#include "engineio/packet_scanner.h"
#include "fixture.h"
#include "support/splits.h"
#include "websocket/first_message.h"

namespace pinion::engineio {
namespace {

using namespace std::chrono_literals;
using test::fixture;

void check_open_packet(OpenPacketReader& reader, Duration ping_timeout) {
  CHECK(reader.finish() == OpenPacketReader::Status::found);
  const OpenPacket& packet = reader.packet();
  CHECK(packet.sid.size() == 20);
  CHECK(
      packet.sid.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                   "-_") == std::string::npos);
  CHECK(packet.ping_interval == 25s);
  CHECK(packet.ping_timeout == ping_timeout);
}

}  // namespace

TEST_CASE("handshakes by polling") {
  struct Row {
    const char* name;
    Duration ping_timeout;
    std::uint64_t max_payload;
  };
  const Row rows[] = {
      {"node6-handshake.txt", 20s, 1000000},    {"node6-handshake-jsonp.txt", 20s, 1000000},
      {"node3-handshake.bin", 20s, 0},          {"node3-handshake-b64.txt", 20s, 0},
      {"node3-handshake-jsonp.txt", 20s, 0},    {"node1-handshake.bin", 60s, 0},
      {"node1-handshake-b64.txt", 60s, 0},      {"node1-handshake-jsonp.txt", 60s, 0},
      {"node2-socketio-handshake.txt", 20s, 0}, {"python-handshake.txt", 20s, 0},
      {"python-handshake-jsonp.txt", 20s, 0},
  };
  auto random = pinion::test::repeatable(1);
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const std::string bytes = fixture(row.name);
    for (const auto& pieces : pinion::test::splits(bytes, random)) {
      OpenPacketReader reader;
      for (const auto piece : pieces) reader.feed(piece);
      check_open_packet(reader, row.ping_timeout);
      CHECK(reader.packet().max_payload == row.max_payload);
    }
  }
}

TEST_CASE("handshakes by WebSocket, plain and compressed") {
  struct Row {
    const char* name;
    Duration ping_timeout;
  };
  const Row rows[] = {
      {"node6-websocket.bin", 20s},
      {"node6-websocket-deflate.bin", 20s},
      {"node3-websocket.bin", 20s},
      {"node3-websocket-deflate.bin", 20s},
      {"node1-websocket.bin", 60s},
      {"node1-websocket-deflate.bin", 60s},
      {"node2-socketio-websocket.bin", 20s},
      {"python-websockets-websocket.bin", 20s},
      {"python-websockets-websocket-deflate.bin", 20s},
      {"python-wsproto-websocket.bin", 20s},
      {"python-wsproto-websocket-deflate.bin", 20s},
  };
  auto random = pinion::test::repeatable(2);
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const std::string bytes = fixture(row.name);
    const bool deflated = (static_cast<unsigned char>(bytes[0]) & 0x40U) != 0;
    CHECK(deflated == (std::string_view(row.name).find("deflate") != std::string_view::npos));
    for (const auto& pieces : pinion::test::splits(bytes, random)) {
      websocket::FirstMessage message{kMaxOpenPacket};
      auto status = websocket::FirstMessage::Status::need_more;
      for (const auto piece : pieces) status = message.feed(piece);
      REQUIRE(status == websocket::FirstMessage::Status::complete);
      OpenPacketReader reader;
      reader.feed(message.text());
      check_open_packet(reader, row.ping_timeout);
    }
  }
}

TEST_CASE("polls, closes and forms") {
  struct Row {
    const char* name = nullptr;
    PacketScanner::Body body;
    std::uint64_t packets = 0;
    bool close = false;
  };
  const Row rows[] = {
      {"node6-poll.txt", {.revision = 4}, 7, false},
      {"node6-poll-jsonp.txt", {.revision = 4, .jsonp_answer = true}, 7, false},
      {"node6-close.txt", {.revision = 4}, 1, true},
      {"node6-close-jsonp.txt", {.revision = 4, .jsonp_answer = true}, 1, true},
      {"node6-form.txt", {.revision = 4, .jsonp_post = true}, 7, true},
      {"node3-poll.bin", {.revision = 3, .binary = true}, 7, false},
      {"node3-poll-b64.txt", {.revision = 3}, 7, false},
      {"node3-poll-jsonp.txt", {.revision = 3, .jsonp_answer = true}, 7, false},
      {"node3-close.bin", {.revision = 3}, 1, true},
      {"node3-close-b64.txt", {.revision = 3}, 1, true},
      {"node3-close-jsonp.txt", {.revision = 3, .jsonp_answer = true}, 1, true},
      {"node3-form.txt", {.revision = 3, .jsonp_post = true}, 7, true},
      {"node1-poll.bin", {.revision = 3, .binary = true}, 7, false},
      {"node1-poll-b64.txt", {.revision = 3}, 7, false},
      {"node1-poll-jsonp.txt", {.revision = 3, .jsonp_answer = true}, 7, false},
      {"node1-close.bin", {.revision = 3, .binary = true}, 1, true},
      {"node1-close-b64.txt", {.revision = 3}, 1, true},
      {"node1-close-jsonp.txt", {.revision = 3, .jsonp_answer = true}, 1, true},
      {"node1-form.txt", {.revision = 3, .jsonp_post = true}, 7, true},
      {"python-poll.txt", {.revision = 4}, 7, false},
      {"python-poll-jsonp.txt", {.revision = 4, .jsonp_answer = true}, 7, false},
  };
  auto random = pinion::test::repeatable(3);
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const std::string bytes = fixture(row.name);
    for (const auto& pieces : pinion::test::splits(bytes, random)) {
      PacketScanner scanner{row.body};
      for (const auto piece : pieces) scanner.feed(piece);
      scanner.finish();
      CHECK(scanner.packets() == row.packets);
      CHECK(scanner.saw_close() == row.close);
    }
  }
}

}  // namespace pinion::engineio
