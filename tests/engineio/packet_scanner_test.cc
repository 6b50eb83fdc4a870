#include "engineio/packet_scanner.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "payload_maker.h"
#include "support/splits.h"

namespace pinion::engineio {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using Body = PacketScanner::Body;

struct Seen {
  std::uint64_t packets = 0;
  bool close = false;
  bool operator==(const Seen&) const = default;
};

Seen scan(Body body, const pinion::test::Pieces& pieces) {
  PacketScanner scanner{body};
  for (const auto piece : pieces) scanner.feed(piece);
  scanner.finish();
  return {scanner.packets(), scanner.saw_close()};
}

struct Row {
  Body body;
  std::string_view bytes;
  Seen seen;
};

void check_rows(const std::vector<Row>& rows) {
  auto random = pinion::test::repeatable(11);
  for (const Row& row : rows) {
    CAPTURE(row.bytes);
    for (const auto& pieces : pinion::test::splits(row.bytes, random)) {
      const Seen seen = scan(row.body, pieces);
      CHECK(seen.packets == row.seen.packets);
      CHECK(seen.close == row.seen.close);
    }
  }
}

}  // namespace

TEST_CASE("v4 payloads are packets between 0x1E") {
  const Body v4{.revision = 4};
  check_rows({
      {v4, "", {0, false}},
      {v4, "2", {1, false}},
      {v4, "1", {1, true}},
      {v4, "41", {1, false}},
      {v4,
       "4a\x1E"
       "2\x1E"
       "bAAEC",
       {3, false}},
      {v4,
       "4a\x1E"
       "1",
       {2, true}},
      {v4,
       "1\x1E"
       "4a",
       {2, true}},
      {v4,
       "\x1E\x1E"
       "4\x1E",
       {1, false}},
      {{.revision = 4, .binary = true},
       "4a\x1E"
       "1",
       {2, true}},
  });
}

TEST_CASE("v3 text payloads count UTF-16 code units") {
  const Body v3{.revision = 3};
  check_rows({
      {v3, "", {0, false}},
      {v3, "1:1", {1, true}},
      {v3, "2:41", {1, false}},
      {v3, "6:4plain1:21:1", {3, true}},
      {v3,
       "3:4\xC3\xA9"
       "11:1",
       {2, true}},
      {v3,
       "3:4\xC3\xA9"
       "x1:1",
       {2, true}},
      {v3,
       "2:4\xC3\xA9"
       "1:1",
       {2, true}},
      {v3,
       "3:4\xF0\x9F\x98\x80"
       "1:1",
       {2, true}},
      {v3,
       "2:4\xE2\x80\xA8"
       "2:41",
       {2, false}},
      {v3, "0:1:1", {1, true}},
      {v3, "100:1 cut short", {1, true}},
      {v3, "12", {0, false}},
  });
}

TEST_CASE("a v3 length over what is not UTF-8 ends at the same byte however it is cut") {
  const Body v3{.revision = 3};
  check_rows({
      {v3,
       "4:\xFF\xFF"
       "1:1",
       {2, true}},
      {v3,
       "5:\xFF\xFF"
       "41:1",
       {2, true}},
      {v3,
       "3:\xFF\xFF"
       "1:1",
       {1, false}},
  });
}

TEST_CASE("v3 binary payloads count bytes, and data has its type as a number") {
  const Body v3{.revision = 3, .binary = true};
  check_rows({
      {v3, "", {0, false}},
      {v3,
       "\0\1\xFF"
       "1"sv,
       {1, true}},
      {v3,
       "\0\2\xFF"
       "41\1\2\xFF\4\1"sv,
       {2, false}},
      {v3, "\1\1\xFF\1"sv, {1, true}},
      {v3,
       "\1\1\xFF"
       "1"sv,
       {1, false}},
      {v3,
       "\0\1\0\xFF"
       "4\xC3\xA9"
       "1234567\0\1\xFF"
       "1"sv,
       {2, true}},
      {v3,
       "\0\0\xFF\0\1\xFF"
       "2"sv,
       {1, false}},
  });
}

TEST_CASE("JSONP, both ways") {
  const Body post3{.revision = 3, .jsonp_post = true};
  const Body post4{.revision = 4, .jsonp_post = true};
  const Body answer3{.revision = 3, .jsonp_answer = true};
  const Body answer4{.revision = 4, .jsonp_answer = true};
  check_rows({
      {post3, "d=1%3A1", {1, true}},
      {post3, "d=5%3A4a%5Cnb+2%3A40", {2, false}},
      {post3, R"(d=4:4\\n1:1)", {1, false}},
      {post3, R"(d=3:4\\n1:1)", {2, true}},
      {post3, "d=1:2&d=1:1", {1, false}},
      {post3, "x=1:1", {0, false}},
      {post4, "d=4a%1E1", {2, true}},
      {post4, "d=", {0, false}},
      {post4, "d=%5C", {1, false}},
      {answer3, R"(___eio[0]("1:1");)", {1, true}},
      {answer3, R"(___eio[12]("4:4\"\n\u00e92:40");)", {2, false}},
      {answer3, R"(___eio[0]("3:4\uD83D\uDE001:1");)", {2, true}},
      {answer4, R"(___eio[0]("4a\u001e1");)", {2, true}},
      {answer4,
       "___eio[0](\"4\n\x1E"
       "1\");1",
       {2, true}},
      {answer4, R"(___eio[0]("");)", {0, false}},
      // JSONP is text whatever the Content-Type says.
      {{.revision = 3, .jsonp_post = true, .binary = true}, "d=1:1", {1, true}},
  });
}

TEST_CASE("what is not a payload stops the count") {
  const Body v3{.revision = 3};
  const Body binary{.revision = 3, .binary = true};
  check_rows({
      {v3, "ok", {0, false}},
      {v3, ":1", {0, false}},
      {v3, "1x:1", {0, false}},
      {v3,
       "\x80"
       "1:1",
       {0, false}},
      {v3, "1:2:1:1", {1, false}},
      {v3,
       "2:4\xF0\x9F\x98\x80"
       "1:1",
       {1, false}},
      {v3, "99999999999999999999999999:1", {0, false}},
      {binary, "1:1", {0, false}},
      {binary,
       "\0\xFF"
       "1"sv,
       {0, false}},
      {binary,
       "\0\xA\xFF"
       "1"sv,
       {0, false}},
      {{.revision = 3, .opaque = true}, "1:1", {0, false}},
      {{.revision = 4, .opaque = true}, "1", {0, false}},
  });
}

TEST_CASE("what was written is what is counted, in every kind of body and however it is cut") {
  auto random = pinion::test::repeatable(3);
  for (int round = 0; round < 400; ++round) {
    std::vector<std::u32string> packets(1 + random() % 5);
    Seen written;
    for (auto& packet : packets) {
      packet = test::random_text(random, random() % 8 == 0 ? 200 : 10);
      if (packet.empty()) continue;
      ++written.packets;
      written.close = written.close || packet[0] == U'1';
    }
    for (const Body& body : test::body_kinds()) {
      const std::string bytes = test::encode(packets, body, random);
      CAPTURE(bytes);
      for (int i = 0; i < 4; ++i) {
        CHECK(scan(body, pinion::test::random_split(bytes, random)) == written);
      }
      CHECK(scan(body, {bytes}) == written);
    }
  }
}

TEST_CASE("a scanner stays small however long the body is") {
  CHECK(sizeof(PacketScanner) <= 64);
  PacketScanner scanner{{.revision = 3}};
  scanner.feed("1000001:4");
  const std::string filler(1000, 'x');
  for (int i = 0; i < 1000; ++i) scanner.feed(filler);
  scanner.feed("1:1");
  CHECK(scanner.packets() == 2);
  CHECK(scanner.saw_close());
}

TEST_CASE("pings and pongs are noticed, events are not taken for them") {
  struct Ping {
    Body body;
    std::string_view bytes;
    bool ping, pong;
  };
  const Body v4{.revision = 4};
  const Body v3{.revision = 3};
  const Body binary{.revision = 3, .binary = true};
  for (const Ping& row : {Ping{v4, "2", true, false}, Ping{v4, "3", false, true},
                          Ping{v4,
                               "42[\"3\"]\x1E"
                               "43[]",
                               false, false},
                          Ping{v4,
                               "4a\x1E"
                               "2\x1E"
                               "3",
                               true, true},
                          Ping{v3, "1:2", true, false}, Ping{v3, "3:4231:3", false, true},
                          Ping{binary,
                               "\0\1\xFF"
                               "3"sv,
                               false, true},
                          Ping{binary, "\1\1\xFF\2"sv, true, false}}) {
    CAPTURE(row.bytes);
    PacketScanner scanner{row.body};
    scanner.feed(row.bytes);
    scanner.finish();
    CHECK(scanner.saw_ping() == row.ping);
    CHECK(scanner.saw_pong() == row.pong);
  }
}

TEST_CASE("pings, pongs and noops say nothing, all else does") {
  struct Said {
    Body body;
    std::string_view bytes;
    bool more;
  };
  const Body v3{.revision = 3};
  for (const Said& row :
       {Said{{}, "2", false}, Said{{}, "3", false}, Said{{}, "6", false}, Said{{}, "", false},
        Said{{},
             "2\x1E"
             "42[1]",
             true},
        Said{{}, "bAQID", true}, Said{{}, "1", true}, Said{v3, "1:21:6", false},
        Said{v3, "1:22:40", true}, Said{{.opaque = true}, "\x1F\x8B", true}}) {
    CAPTURE(row.bytes);
    PacketScanner scanner{row.body};
    scanner.feed(row.bytes);
    scanner.finish();
    CHECK(scanner.saw_more() == row.more);
  }
}

}  // namespace pinion::engineio
