#include "websocket/message_reader.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "frame_maker.h"
#include "support/splits.h"

namespace pinion::websocket {
namespace {

using test::deflate_messages;
using test::write;
using Texts = std::vector<std::string>;

constexpr std::size_t kReaderLimit = 300;
const std::string kConnect = R"(40{"sessionId":"7c9e6679-7425-40de-944b-e07fc1f90ae7"})";

struct ReadMessages {
  Texts texts;
  bool failed = false;
  bool operator==(const ReadMessages&) const = default;
};

ReadMessages read_messages(const pinion::test::Pieces& pieces) {
  MessageReader reader{kReaderLimit};
  ReadMessages read;
  for (std::string_view piece : pieces) {
    while (!piece.empty() && !read.failed) {
      const std::size_t before = piece.size();
      const auto status = reader.feed(piece);
      REQUIRE(piece.size() < before);
      CHECK(reader.text().size() <= kReaderLimit);
      if (status == MessageReader::Status::message) read.texts.push_back(reader.text());
      if (status == MessageReader::Status::need_more) REQUIRE(piece.empty());
      read.failed = status == MessageReader::Status::failed;
    }
  }
  return read;
}

/// Feeds the stream in every way, and has all agree.
void check_messages(const std::string& bytes, const Texts& texts, bool failed = false) {
  auto random = pinion::test::repeatable(17);
  for (const auto& pieces : pinion::test::splits(bytes, random)) {
    CHECK(read_messages(pieces) == ReadMessages{texts, failed});
  }
}

std::string compressed_frames(const Texts& texts, int window_bits = 15) {
  std::string bytes;
  for (const std::string& payload : deflate_messages(texts, window_bits)) {
    bytes += write({.rsv1 = true, .mask_key = 0xA1B2C3D4, .payload = payload});
  }
  return bytes;
}

MessageReader::Status feed_whole(MessageReader& reader, std::string_view bytes) {
  const auto status = reader.feed(bytes);
  CHECK(bytes.empty());
  return status;
}

}  // namespace

TEST_CASE("messages come one after the other") {
  check_messages("", {});
  check_messages(write({.payload = "2probe"}) + write({.mask_key = 0x12345678, .payload = "5"}) +
                     write({.opcode = 2, .payload = ""}) +
                     write({.mask_key = 9, .payload = std::string(kReaderLimit, 'x')}),
                 {"2probe", "5", "", std::string(kReaderLimit, 'x')});
}

TEST_CASE("messages in fragments, with control frames between and within them") {
  const std::string ping = write({.opcode = 9, .mask_key = 1, .payload = "ping"});
  const std::string pong = write({.opcode = 10, .payload = ""});
  check_messages(ping + write({.fin = false, .mask_key = 3, .payload = "4"}) + pong +
                     write({.opcode = 0, .fin = false, .payload = ""}) +
                     write({.opcode = 0, .fin = false, .mask_key = 77, .payload = "0{"}) + ping +
                     write({.opcode = 0, .payload = "}"}) + pong + ping + write({.payload = "2"}) +
                     ping,
                 {"40{}", "2"});
}

TEST_CASE("compressed messages refer back to those before them") {
  const Texts texts{kConnect, kConnect, "42[\"message\",{}]", "", kConnect, std::string(280, 'x')};
  const auto payloads = deflate_messages(texts);
  REQUIRE(payloads[1].size() * 4 < payloads[0].size());
  for (const int window_bits : {9, 12, 15})
    check_messages(compressed_frames(texts, window_bits), texts);
}

TEST_CASE("compressed messages without context takeover, and plain ones between them") {
  const std::string compressed = test::deflate_message(kConnect);
  const std::string frame = write({.rsv1 = true, .payload = compressed});
  check_messages(frame + write({.payload = "plain"}) + frame + frame,
                 {kConnect, "plain", kConnect, kConnect});
}

TEST_CASE("a compressed message in fragments") {
  const auto payloads = deflate_messages({kConnect, kConnect});
  check_messages(write({.fin = false, .rsv1 = true, .payload = payloads[0].substr(0, 5)}) +
                     write({.opcode = 9, .payload = "x"}) +
                     write({.opcode = 0, .mask_key = 5, .payload = payloads[0].substr(5)}) +
                     write({.fin = false, .rsv1 = true, .payload = ""}) +
                     write({.opcode = 0, .payload = payloads[1]}),
                 {kConnect, kConnect});
}

TEST_CASE("a long conversation with context takeover") {
  auto random = pinion::test::repeatable(29);
  Texts texts;
  for (int i = 0; i < 2000; ++i) {
    std::string text(random() % kReaderLimit, '\0');
    for (char& c : text) c = static_cast<char>('a' + random() % 4);
    texts.push_back(text);
  }
  const std::string bytes = compressed_frames(texts);
  CHECK(read_messages({bytes}) == ReadMessages{texts, false});
  CHECK(read_messages(pinion::test::random_split(bytes, random)) == ReadMessages{texts, false});
}

TEST_CASE("a message over the limit fails, compressed or not") {
  const std::string before = write({.payload = "ok"});
  check_messages(before + write({.payload = std::string(kReaderLimit + 1, 'x')}), {"ok"}, true);
  check_messages(before + test::header_of({.payload = std::string(100000, 'x')}), {"ok"}, true);
  check_messages(write({.fin = false, .payload = std::string(kReaderLimit, 'x')}) +
                     write({.opcode = 0, .payload = "y"}),
                 {}, true);
  const Texts exact{std::string(kReaderLimit, 'x')};
  check_messages(compressed_frames(exact), exact);
  check_messages(compressed_frames({std::string(kReaderLimit + 1, 'x')}), {}, true);
  check_messages(compressed_frames({"ok", std::string(1'000'000, 'x')}), {"ok"}, true);
  // Blocks with nothing in them: what is compressed is too long, not what it says.
  std::string blocks;
  while (blocks.size() <= kReaderLimit) blocks.append("\0\0\0\xFF\xFF", 5);
  check_messages(write({.rsv1 = true, .payload = blocks}), {}, true);
}

TEST_CASE("what is no stream of messages fails") {
  const std::string before = write({.payload = "ok"});
  check_messages(before + write({.opcode = 8, .payload = "\x03\xE9"}), {"ok"}, true);
  check_messages(before + write({.opcode = 0, .payload = "x"}), {"ok"}, true);
  check_messages(before + write({.fin = false, .payload = "x"}) + write({.payload = "y"}), {"ok"},
                 true);
  check_messages(before + write({.opcode = 3, .payload = "x"}), {"ok"}, true);
  check_messages(before + write({.opcode = 9, .rsv1 = true, .payload = ""}), {"ok"}, true);
  check_messages(before + write({.fin = false, .rsv1 = true, .payload = "x"}) +
                     write({.opcode = 0, .rsv1 = true, .payload = "y"}),
                 {"ok"}, true);
  check_messages(before + write({.rsv1 = true, .payload = "not deflate"}), {"ok"}, true);
  check_messages(before + write({.rsv1 = true, .payload = ""}), {"ok"}, true);
  // The second one alone: it refers to what has not come.
  check_messages(write({.rsv1 = true, .payload = deflate_messages({kConnect, kConnect})[1]}), {},
                 true);
}

TEST_CASE("a failure is for ever, and is told with nothing to read") {
  MessageReader reader{kReaderLimit};
  CHECK(feed_whole(reader, write({.opcode = 8, .payload = ""})) == MessageReader::Status::failed);
  std::string_view more = "\x81\x01x";
  CHECK(reader.feed(more) == MessageReader::Status::failed);
  std::string_view none;
  CHECK(reader.feed(none) == MessageReader::Status::failed);
}

TEST_CASE("a reader says what kind of messages it has seen") {
  const auto payloads = deflate_messages({kConnect, kConnect});
  MessageReader reader{kReaderLimit};
  CHECK(reader.at_boundary());
  CHECK(feed_whole(reader, write({.opcode = 2, .payload = "x"})) == MessageReader::Status::message);
  CHECK_FALSE(reader.is_text());
  CHECK_FALSE(reader.saw_compressed());
  const std::string first = write({.rsv1 = true, .payload = payloads[0]});
  CHECK(feed_whole(reader, first.substr(0, 8)) == MessageReader::Status::need_more);
  CHECK_FALSE(reader.at_boundary());
  CHECK(reader.saw_compressed());
  CHECK(feed_whole(reader, first.substr(8)) == MessageReader::Status::message);
  CHECK(reader.at_boundary());
  CHECK(reader.is_text());
  CHECK(reader.saw_compressed());
  CHECK_FALSE(reader.has_history());
  CHECK(feed_whole(reader, write({.payload = "plain"})) == MessageReader::Status::message);
  CHECK(reader.saw_compressed());
  CHECK(reader.has_history());
}

TEST_CASE("a reader stops at the end of a message") {
  const std::string bytes = write({.payload = "a"}) + write({.payload = "b"});
  MessageReader reader{kReaderLimit};
  std::string_view rest = bytes;
  CHECK(reader.feed(rest) == MessageReader::Status::message);
  CHECK(rest.size() == bytes.size() / 2);
  CHECK(reader.text() == "a");
  CHECK(reader.feed(rest) == MessageReader::Status::message);
  CHECK(rest.empty());
  CHECK(reader.text() == "b");
  CHECK(reader.feed(rest) == MessageReader::Status::need_more);
}

TEST_CASE("control frames are told to who wants them, also within a message") {
  using Status = MessageReader::Status;
  const std::string bytes =
      write({.opcode = 9, .payload = "ping"}) + write({.fin = false, .payload = "one "}) +
      write({.opcode = 10, .mask_key = 0x01020304, .payload = "pong"}) +
      write({.opcode = 0, .payload = "message"}) + write({.opcode = 9, .payload = ""}) +
      write({.opcode = 8, .payload = "\x03\xE9 bye"}) + write({.payload = "after"});
  auto random = pinion::test::repeatable(31);
  for (const auto& pieces : pinion::test::splits(bytes, random)) {
    MessageReader reader{kReaderLimit, MessageReader::Controls::told};
    Texts told;
    for (std::string_view piece : pieces) {
      while (!piece.empty()) {
        const auto status = reader.feed(piece);
        REQUIRE(status != Status::failed);
        if (status == Status::message) told.push_back(reader.text());
        if (status == Status::control) {
          told.push_back(std::to_string(static_cast<int>(reader.control())) + " " +
                         reader.control_payload());
        }
      }
    }
    CHECK(told == Texts{"9 ping", "10 pong", "one message", "9 ", "8 \x03\xE9 bye", "after"});
  }
}

namespace {

struct Picked {
  Texts texts;
  bool inflates = true;
  bool operator==(const Picked&) const = default;
};

Picked pick_connects(const pinion::test::Pieces& pieces, bool inflates) {
  MessageReader reader{kReaderLimit};
  reader.pick("40", inflates);
  Picked picked;
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      const auto status = reader.feed(piece);
      REQUIRE(status != MessageReader::Status::failed);
      CHECK(reader.text().size() <= kReaderLimit);
      if (status == MessageReader::Status::message) picked.texts.push_back(reader.text());
    }
  }
  picked.inflates = reader.inflates();
  return picked;
}

void check_picked(const std::string& bytes, const Picked& expected, bool inflates = true) {
  auto random = pinion::test::repeatable(19);
  for (const auto& pieces : pinion::test::splits(bytes, random)) {
    CHECK(pick_connects(pieces, inflates) == expected);
  }
}

std::string masked(const std::string& payload, unsigned opcode = 1) {
  return write({.opcode = opcode, .mask_key = 0x9A8B7C6D, .payload = payload});
}

}  // namespace

TEST_CASE("what is passed over, or was read, keeps no memory") {
  MessageReader reader{65'536};
  reader.pick("40", false);
  const std::string long_one = masked("40" + std::string(60'000, 'x'));
  CHECK(feed_whole(reader, long_one) == MessageReader::Status::message);
  CHECK(reader.held() >= 60'000);
  CHECK(feed_whole(reader, masked("2")) == MessageReader::Status::need_more);
  CHECK(reader.held() < 100);
  CHECK(feed_whole(reader, masked("40" + std::string(60'000, 'x')).substr(0, 50'000)) ==
        MessageReader::Status::need_more);
  CHECK(reader.held() >= 49'000);
  CHECK(feed_whole(reader, masked("40" + std::string(60'000, 'x')).substr(50'000)) ==
        MessageReader::Status::message);
  CHECK(feed_whole(reader, masked("40" + std::string(70'000, 'x'))) ==
        MessageReader::Status::need_more);
  CHECK(reader.held() < 100);
}

TEST_CASE("picked messages are told, and all others pass") {
  check_picked(masked("3") + masked("42[\"x\"]") + masked(kConnect) + masked("4") + masked("") +
                   masked("40/chat,") + masked("40", 2),
               {{kConnect, "40/chat,"}});
  check_picked(write({.payload = "40"}) + write({.payload = "41"}), {{"40"}});
}

TEST_CASE(
    "one that comes in fragments is picked, and one that only looks like it at first passes") {
  const std::string pong = write({.opcode = 10, .mask_key = 5, .payload = "40"});
  check_picked(write({.fin = false, .mask_key = 3, .payload = "4"}) + pong +
                   write({.opcode = 0, .mask_key = 4, .payload = "0/a,"}) +
                   write({.fin = false, .mask_key = 3, .payload = "4"}) +
                   write({.opcode = 0, .fin = false, .mask_key = 4, .payload = "2"}) +
                   write({.opcode = 0, .mask_key = 4, .payload = "40"}) + masked("40"),
               {{"40/a,", "40"}});
}

TEST_CASE("what is too long to be picked passes, whole or in fragments") {
  const std::string half(kReaderLimit / 2 + 1, '0');
  check_picked(masked("40" + std::string(kReaderLimit, 'x')) + masked("40{}") +
                   write({.fin = false, .mask_key = 3, .payload = "4" + half}) +
                   write({.opcode = 0, .mask_key = 4, .payload = half}) + masked("40/b,"),
               {{"40{}", "40/b,"}});
}

TEST_CASE("compressed messages are picked as long as all of them have been inflated") {
  check_picked(compressed_frames({"2probe", "40", "42[\"x\"]", kConnect}), {{"40", kConnect}});
  check_picked(compressed_frames({"40", kConnect}) + masked("40/plain,"), {{"40/plain,"}, false},
               false);
  const std::string too_long =
      write({.rsv1 = true, .mask_key = 1, .payload = std::string(kReaderLimit + 1, 'x')});
  const std::string no_deflate = write({.rsv1 = true, .mask_key = 1, .payload = "\xFF\xFF\xFF"});
  for (const std::string& lost : {too_long, no_deflate}) {
    check_picked(compressed_frames({"40"}) + lost + compressed_frames({kConnect}) + masked("40/c,"),
                 {{"40", "40/c,"}, false});
  }
}

TEST_CASE("who stops inflating within a compressed message passes that one over too") {
  MessageReader reader{kReaderLimit};
  reader.pick("40", true);
  const std::string bytes = compressed_frames({kConnect}) + masked("40");
  std::string_view first = std::string_view(bytes).substr(0, 12);
  CHECK(reader.feed(first) == MessageReader::Status::need_more);
  reader.stop_inflating();
  CHECK(feed_whole(reader, std::string_view(bytes).substr(12)) == MessageReader::Status::message);
  CHECK(reader.text() == "40");
}

}  // namespace pinion::websocket
