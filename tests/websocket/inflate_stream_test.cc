#include "websocket/inflate_stream.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

#include "frame_maker.h"
#include "support/splits.h"

namespace pinion::websocket {
namespace {

using namespace std::string_literals;

constexpr std::size_t kTextLimit = 1000;

/// A message that begins with an empty window.
bool inflate_message(std::string_view compressed, std::size_t limit, std::string& out) {
  return InflateStream{}.add_message(compressed, limit, out);
}

}  // namespace

TEST_CASE("the examples of RFC 7692, 7.2.3") {
  const std::string examples[] = {
      "\xF2\x48\xCD\xC9\xC9\x07\x00"s,                          // one block
      "\x00\x05\x00\xFA\xFF\x48\x65\x6C\x6C\x6F\x00"s,          // not compressed
      "\xF3\x48\xCD\xC9\xC9\x07\x00\x00"s,                      // BFINAL set
      "\xF2\x48\x05\x00\x00\x00\xFF\xFF\xCA\xC9\xC9\x07\x00"s,  // two blocks
  };
  for (const std::string& compressed : examples) {
    std::string text = "what was there before";
    CHECK(inflate_message(compressed, kTextLimit, text));
    CHECK(text == "Hello");
  }
  std::string empty;
  CHECK(inflate_message("\0"s, kTextLimit, empty));
  CHECK(empty.empty());
}

TEST_CASE("any text comes back, whatever the sender's window is") {
  auto random = pinion::test::repeatable(23);
  for (int round = 0; round < 200; ++round) {
    std::string text(random() % 5000, '\0');
    for (char& c : text) c = static_cast<char>('a' + random() % 3);
    const int window_bits = 9 + static_cast<int>(random() % 7);
    const std::string compressed = test::deflate_message(text, window_bits);
    std::string inflated;
    CHECK(inflate_message(compressed, text.size(), inflated));
    CHECK(inflated == text);
    if (!text.empty()) CHECK_FALSE(inflate_message(compressed, text.size() - 1, inflated));
  }
}

TEST_CASE("what is not a whole compressed message is refused") {
  std::string out;
  CHECK_FALSE(inflate_message("", kTextLimit, out));
  CHECK_FALSE(inflate_message("not deflate at all", kTextLimit, out));
  CHECK_FALSE(inflate_message("\xFF", kTextLimit, out));
  const std::string compressed = test::deflate_message(R"(0{"sid":"abc","pingInterval":25000})");
  for (std::size_t size = 1; size < compressed.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(inflate_message(compressed.substr(0, size), kTextLimit, out));
  }
}

TEST_CASE("a bomb goes no further than the limit") {
  std::string text;
  text.resize(10'000'000, 'x');
  const std::string bomb = test::deflate_message(text);
  REQUIRE(bomb.size() < 16 * 1024);
  std::string out;
  CHECK_FALSE(inflate_message(bomb, kTextLimit, out));
  CHECK(out.size() <= kTextLimit);
}

TEST_CASE("a message may refer back to those before it") {
  InflateStream stream;
  std::string text;
  CHECK(stream.add_message("\xF2\x48\xCD\xC9\xC9\x07\x00"s, kTextLimit, text));
  // RFC 7692, 7.2.3.2: the same again, out of the window.
  for (int i = 0; i < 3; ++i) {
    CHECK(stream.add_message("\xF2\x00\x11\x00\x00"s, kTextLimit, text));
    CHECK(text == "Hello");
  }
  CHECK_FALSE(inflate_message("\xF2\x00\x11\x00\x00"s, kTextLimit, text));
}

}  // namespace pinion::websocket
