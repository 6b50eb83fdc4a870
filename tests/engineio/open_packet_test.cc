#include "engineio/open_packet.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "payload_maker.h"
#include "support/splits.h"

namespace pinion::engineio {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using Status = OpenPacketReader::Status;

/// Feeds the pieces. The state after the last byte, and the bytes that were needed to say more than
/// need_more.
struct Reading {
  Status status = Status::need_more;
  std::size_t decided_at = 0;
  OpenPacket packet;
};

Reading read(const pinion::test::Pieces& pieces) {
  OpenPacketReader reader;
  Reading reading;
  for (const auto piece : pieces) {
    if (reading.status == Status::need_more) reading.decided_at += piece.size();
    reading.status = reader.feed(piece);
  }
  reading.packet = reader.packet();
  return reading;
}

pinion::test::Pieces bytewise(std::string_view bytes) {
  pinion::test::Pieces pieces;
  for (std::size_t i = 0; i < bytes.size(); ++i) pieces.push_back(bytes.substr(i, 1));
  return pieces;
}

Status status_of(std::string_view bytes) {
  const Status whole = read({bytes}).status;
  CHECK(read(bytewise(bytes)).status == whole);
  return whole;
}

std::string sid_of(std::string_view bytes) {
  REQUIRE(status_of(bytes) == Status::found);
  return read({bytes}).packet.sid;
}

}  // namespace

TEST_CASE("an open packet is read in each of its wrappings") {
  const std::string json =
      R"({"sid":"MMr5","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000})";
  const std::string packet = "0" + json;
  std::string quoted;
  for (const char c : packet) quoted += c == '"' ? "\\\"" : std::string(1, c);
  REQUIRE(packet.size() == 102);
  const std::string wrapped[] = {
      packet,
      packet + "\x1E" + "40",
      "102:" + packet + "2:40",
      "\0\1\0\2\xFF"s + packet + "\0\2\xFF"s + "40",
      "___eio[0](\"" + quoted + "\");",
      "___eio[](\"" + quoted + "\");",
      "___eio[123](\"102:" + quoted + "2:40\");",
  };
  for (const std::string& bytes : wrapped) {
    CAPTURE(bytes);
    auto random = pinion::test::repeatable(5);
    for (const auto& pieces : pinion::test::splits(bytes, random)) {
      const Reading reading = read(pieces);
      CHECK(reading.status == Status::found);
      CHECK(reading.packet.sid == "MMr5");
      CHECK(reading.packet.ping_interval == 25s);
      CHECK(reading.packet.ping_timeout == 20s);
      CHECK(reading.packet.max_payload == 1000000);
    }
    // Found with the brace that closes the object, not later.
    CHECK(read(bytewise(bytes)).decided_at == bytes.rfind('}') + 1);
  }
}

TEST_CASE("the JSON may be written in any way") {
  CHECK(sid_of(R"(0{"pingTimeout":1,"sid":"x"})") == "x");
  CHECK(sid_of(R"(0{ "sid" : "x" , "a" : {"sid":"no","b":[1,{"c":"}"}]} })") == "x");
  CHECK(sid_of(R"(0{"\u0073id":"a\u0062\"\\\/\n"})") == "ab\"\\/\n");
  CHECK(sid_of(R"(0{"sid":"\uD83D\uDE00\u00e9"})") == "\xF0\x9F\x98\x80\xC3\xA9");
  CHECK(sid_of(R"(0{"sid":"a","sid":"b"})") == "b");
  CHECK(sid_of(R"(0{"sid":1,"sid":"b"})") == "b");
  CHECK(sid_of("0{\"sid\":\"\xC3\xA9\"}") == "\xC3\xA9");
  CHECK(sid_of("12:0{\"sid\":\"\xC3\xA9\"}") == "\xC3\xA9");
  CHECK(sid_of("13:0{\"sid\":\"\xF0\x9F\x98\x80\"}") == "\xF0\x9F\x98\x80");
  CHECK(sid_of("___eio[0](\"12:0{\\\"sid\\\":\\\"\\u00e9\\\"}\");") == "\xC3\xA9");
  CHECK(sid_of("\0\1\3\xFF"s + "0{\"sid\":\"\xC3\xA9\"}") == "\xC3\xA9");
}

TEST_CASE("numbers are times in milliseconds, within reason") {
  const auto read_times = [](std::string_view interval, std::string_view timeout) {
    const std::string bytes = R"(0{"sid":"x","pingInterval":)" + std::string(interval) +
                              R"(,"pingTimeout":)" + std::string(timeout) + "}";
    const Reading reading = read({bytes});
    REQUIRE(reading.status == Status::found);
    return std::pair{reading.packet.ping_interval, reading.packet.ping_timeout};
  };
  CHECK(read_times("0.5", "2.5e4") == std::pair<Duration, Duration>{500us, 25s});
  CHECK(read_times("-1", "1e300") == std::pair<Duration, Duration>{0s, 24h});
  CHECK(read_times("\"25000\"", "null") == std::pair<Duration, Duration>{0s, 0s});
  CHECK(read_times("[1]", "1e999") == std::pair<Duration, Duration>{0s, 0s});
  CHECK(read({R"(0{"sid":"x","maxPayload":-5})"}).packet.max_payload == 0);
  CHECK(read({R"(0{"sid":"x","maxPayload":1e30})"}).packet.max_payload == 9007199254740991);
}

TEST_CASE("what cannot be an open packet is absent at once") {
  struct Row {
    std::string bytes;
    std::size_t decided_at;
  };
  const Row rows[] = {
      {"ok", 1},
      {"<html>", 1},
      {"{\"code\":1}", 1},
      {"\"Invalid", 1},
      {" 0{", 1},
      {"\x1E", 1},
      {"00{", 2},
      {"0[", 2},
      {"0 {", 2},
      {"1x", 2},
      {"5:4", 3},
      {"99999:0", 5},
      {"3:0{\"sid\"", 6},
      {"\0\xFF"s, 2},
      {"\0:"s, 2},
      {"\1\5\xFF"s, 1},
      {"_eio", 2},
      {"___eio(", 7},
      {"___eio[a", 8},
      {"___eio[1]('", 11},
      {"___eio[1](\"\"", 12},
      {"___eio[1](\"0\"{", 13},
      {"___eio[1](\"0{\\u00zz", 18},
      {"0{\"sid\":\"\"}", 11},
      {"0{}", 3},
      {"0{\"sid\":5}", 10},
      {"0{\"sid\":\"a\",\"sid\":5}", 20},
      {"0{\"sid\":\"a\"]", 12},
      {"0{\"sid\":\"a\",}", 13},
      {"13:0{\"sid\":\"a\"} ", 15},
      {"11:0{\"sid\":\"a\"}", 15},
      {"13:0{\"sid\":\"\xC3\xA9\"}", 16},
  };
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    const Reading reading = read(bytewise(row.bytes));
    CHECK(reading.status == Status::absent);
    CHECK(reading.decided_at == row.decided_at);
    CHECK(read({row.bytes}).status == Status::absent);
  }
}

TEST_CASE("bounds hold") {
  const auto with_sid = [](std::size_t size) {
    return "0{\"sid\":\"" + std::string(size, 's') + "\"}";
  };
  CHECK(status_of(with_sid(kMaxSid)) == Status::found);
  CHECK(status_of(with_sid(kMaxSid + 1)) == Status::absent);

  const std::string head = "0{\"sid\":\"x\",\"pad\":\"";
  const std::string tail = "\"}";
  const std::size_t room = kMaxOpenPacket - head.size() - tail.size();
  CHECK(status_of(head + std::string(room, ' ') + tail) == Status::found);
  CHECK(status_of(head + std::string(room + 1, ' ') + tail) == Status::absent);
  CHECK(status_of("0{" + std::string(kMaxOpenDepth + 1, '[')) == Status::absent);
}

TEST_CASE("a body that ends early has no open packet, and a decision stands") {
  OpenPacketReader cut;
  CHECK(cut.feed(R"(0{"sid":"x")") == Status::need_more);
  CHECK(cut.finish() == Status::absent);
  CHECK(cut.feed("}") == Status::absent);

  OpenPacketReader done;
  CHECK(done.feed(R"(0{"sid":"x"})") == Status::found);
  CHECK(done.feed("anything") == Status::found);
  CHECK(done.finish() == Status::found);
  CHECK(done.packet().sid == "x");

  OpenPacketReader empty;
  CHECK(empty.feed("") == Status::need_more);
  CHECK(empty.finish() == Status::absent);
}

TEST_CASE("what was written is what is read, in every wrapping and however it is cut") {
  auto random = pinion::test::repeatable(17);
  for (int round = 0; round < 300; ++round) {
    const std::u32string sid = U"s" + test::random_text(random, 40);
    std::vector<std::u32string> members{U"\"sid\":" + test::json_literal(sid, random),
                                        U"\"pingInterval\":1234", U"\"upgrades\":[\"websocket\"]"};
    if (random() % 2 == 0) {
      members.push_back(U"\"more\":{\"sid\":[" +
                        test::json_literal(test::random_text(random, 20), random) + U"]}");
    }
    std::shuffle(members.begin(), members.end(), random);
    std::u32string packet = U"0{";
    for (const auto& member : members) packet += (packet.size() > 2 ? U"," : U"") + member;
    packet += U"}";
    for (auto body : test::body_kinds()) {
      if (body.jsonp_post) continue;
      std::string bytes = test::encode({packet, test::random_text(random, 10)}, body, random);
      if (bytes[0] == '\1') continue;  // as data, which no server does
      CAPTURE(bytes);
      for (int i = 0; i < 4; ++i) {
        const Reading reading = read(pinion::test::random_split(bytes, random));
        CHECK(reading.status == Status::found);
        CHECK(reading.packet.sid == test::utf8(sid));
        CHECK(reading.packet.ping_interval == 1234ms);
      }
    }
  }
}

}  // namespace pinion::engineio
