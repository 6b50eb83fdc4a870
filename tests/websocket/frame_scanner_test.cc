#include "websocket/frame_scanner.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "frame_maker.h"
#include "support/splits.h"

namespace pinion::websocket {
namespace {

using namespace std::string_literals;
using test::Frame;

struct Header {
  bool fin, rsv1, masked;
  unsigned opcode;
  std::uint32_t mask;
  std::uint64_t length;
  bool operator==(const Header&) const = default;
};

Header seen(const FrameHeader& header) {
  std::uint32_t mask = 0;
  for (const std::uint8_t byte : header.mask) mask = mask << 8U | byte;
  return {header.fin, header.rsv1,  header.masked, static_cast<unsigned>(header.opcode),
          mask,       header.length};
}

Header seen(const Frame& frame) {
  return {frame.fin,
          frame.rsv1,
          frame.mask_key.has_value(),
          frame.opcode,
          frame.mask_key.value_or(0),
          frame.payload.size()};
}

/// All that can be observed of a scanner while it passes over the pieces.
struct Log {
  std::vector<Header> frames;
  std::vector<std::size_t> tails;  // after each piece: bytes behind the last boundary in it
  std::vector<bool> at_boundary;   // after each piece
  bool broken = false;
  bool operator==(const Log&) const = default;
};

Log log_of_next(const pinion::test::Pieces& pieces) {
  FrameScanner scanner;
  Log log;
  for (std::string_view piece : pieces) {
    std::size_t tail = piece.size();
    while (!piece.empty()) {
      const bool in_payload = !scanner.at_boundary() && !log.frames.empty();
      const auto step = scanner.next(piece);
      REQUIRE(step.consumed > 0);
      REQUIRE(step.consumed <= piece.size());
      if (step.frame_begins) log.frames.push_back(seen(scanner.header()));
      if (!step.payload.empty()) {
        CHECK(in_payload);
        CHECK(step.payload.data() == piece.data());
        CHECK(step.payload.size() == step.consumed);
        CHECK(step.payload_offset + step.payload.size() <= scanner.header().length);
        CHECK(step.frame_ends == (step.payload_offset + step.consumed == scanner.header().length));
      }
      piece.remove_prefix(step.consumed);
      if (step.frame_ends) tail = piece.size();
      CHECK((step.frame_ends && !scanner.broken()) == (scanner.at_boundary()));
    }
    log.tails.push_back(tail);
    log.at_boundary.push_back(scanner.at_boundary());
  }
  log.broken = scanner.broken();
  return log;
}

Log log_of_scan(const pinion::test::Pieces& pieces) {
  FrameScanner scanner;
  Log log;
  for (const std::string_view piece : pieces) {
    log.tails.push_back(scanner.scan(piece, [&](const FrameHeader& header, std::string_view) {
      log.frames.push_back(seen(header));
    }));
    log.at_boundary.push_back(scanner.at_boundary());
  }
  log.broken = scanner.broken();
  return log;
}

Frame random_frame(std::mt19937& random) {
  constexpr unsigned kOpcodes[] = {0, 1, 2, 8, 9, 10};
  Frame frame;
  frame.opcode = kOpcodes[random() % 6];
  const bool control = frame.opcode >= 8;
  frame.fin = control || random() % 3 != 0;
  frame.rsv1 = random() % 4 == 0;
  if (random() % 2 == 0) frame.mask_key = static_cast<std::uint32_t>(random());
  const std::size_t longest = control ? 125 : (random() % 16 == 0 ? 70000 : 200);
  frame.payload.assign(random() % 3 == 0 ? 0 : random() % (longest + 1), 'p');
  if (!control && random() % 8 == 0) frame.length_bytes = random() % 2 == 0 ? 2 : 8;
  if (frame.payload.size() > 0xFFFF) frame.length_bytes = 0;
  return frame;
}

}  // namespace

TEST_CASE("the examples of RFC 6455, 5.7") {
  struct Row {
    std::string bytes;
    Header header;
  };
  const Row rows[] = {
      {"\x81\x05Hello"s, {true, false, false, 1, 0, 5}},
      {"\x81\x85\x37\xFA\x21\x3D\x7F\x9F\x4D\x51\x58"s, {true, false, true, 1, 0x37FA213D, 5}},
      {"\x01\x03Hel"s, {false, false, false, 1, 0, 3}},
      {"\x80\x02lo"s, {true, false, false, 0, 0, 2}},
      {"\x89\x05Hello"s, {true, false, false, 9, 0, 5}},
      {"\x82\x7E\x01\x00"s + std::string(256, 'x'), {true, false, false, 2, 0, 256}},
      {"\x82\x7F\0\0\0\0\0\1\0\0"s + std::string(65536, 'x'), {true, false, false, 2, 0, 65536}},
      {"\xC1\x00"s, {true, true, false, 1, 0, 0}},
  };
  for (const Row& row : rows) {
    FrameScanner scanner;
    std::vector<Header> frames;
    CHECK(scanner.at_boundary());
    CHECK(scanner.scan(row.bytes, [&](const FrameHeader& h, std::string_view rest) {
      frames.push_back(seen(h));
      CHECK(rest.size() == h.length);
    }) == 0);
    REQUIRE(frames.size() == 1);
    CHECK(frames[0] == row.header);
    CHECK(scanner.at_boundary());
    CHECK_FALSE(scanner.broken());
  }
}

TEST_CASE("scan says how much follows the last boundary") {
  const std::string frame = "\x81\x05Hello";
  FrameScanner scanner;
  const auto ignore = [](const FrameHeader&, std::string_view) {};
  CHECK(scanner.scan("", ignore) == 0);
  CHECK(scanner.scan(frame + frame + "\x81", ignore) == 1);
  CHECK_FALSE(scanner.at_boundary());
  CHECK(scanner.scan("\x05Hel", ignore) == 4);
  CHECK(scanner.scan("l", ignore) == 1);
  CHECK(scanner.scan("o", ignore) == 0);
  CHECK(scanner.at_boundary());
  CHECK(scanner.scan(frame + "x more", ignore) == 6);
  CHECK(scanner.broken());
}

TEST_CASE("violations of the framing stop the count for good") {
  struct Row {
    const char* what;
    std::string bytes;
    bool broken;
  };
  const std::string pad(20, '\0');
  const Row rows[] = {
      {"reserved data opcode", "\x83\x00"s, true},
      {"reserved data opcode", "\x87\x00"s, true},
      {"reserved control opcode", "\x8B\x00"s, true},
      {"reserved control opcode", "\x8F\x00"s, true},
      {"fragmented ping", "\x09\x00"s, true},
      {"fragmented close", "\x08\x00"s, true},
      {"ping with a 16-bit length", "\x89\x7E\x00\x01p"s, true},
      {"close with a 64-bit length", "\x88\x7F\0\0\0\0\0\0\0\1p"s, true},
      {"ping of 126", "\x89\xFE\x00\x7E"s, true},
      {"top bit of the length", "\x82\x7F\x80\0\0\0\0\0\0\0"s, true},
      {"ping of 125", "\x89\x7D"s, false},
      {"longest length", "\x82\x7F\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s, false},
      {"length longer than need be", "\x82\x7E\x00\x01x"s, false},
      {"rsv2 and rsv3: an extension's business", "\xB1\x00"s, false},
      {"continuation of nothing: a message's business", "\x80\x00"s, false},
  };
  auto random = pinion::test::repeatable(1);
  for (const Row& row : rows) {
    CAPTURE(row.what);
    for (const std::string& bytes : {row.bytes, row.bytes + pad}) {
      for (const auto& pieces : pinion::test::splits(bytes, random)) {
        const Log log = log_of_scan(pieces);
        CHECK(log == log_of_next(pieces));
        if (row.broken) {
          CHECK(log.broken);
          CHECK(log.frames.empty());
          CHECK_FALSE(log.at_boundary.back());
        } else if (bytes == row.bytes) {
          CHECK_FALSE(log.broken);
        }
      }
    }
  }
}

TEST_CASE("next and scan agree on every stream, with what was written and however it is cut") {
  auto random = pinion::test::repeatable(29);
  for (int round = 0; round < 300; ++round) {
    std::string bytes;
    std::vector<Header> written;
    for (std::size_t i = random() % 12; i > 0; --i) {
      const Frame frame = random_frame(random);
      bytes += test::write(frame);
      written.push_back(seen(frame));
    }
    const bool breaks = random() % 4 == 0;
    if (breaks) bytes += "\x83 and more of what is not a frame";
    for (int i = 0; i < 4; ++i) {
      const auto pieces = pinion::test::random_split(bytes, random);
      const Log log = log_of_scan(pieces);
      CHECK(log == log_of_next(pieces));
      CHECK(log.frames == written);
      CHECK(log.broken == breaks);
    }
    const Log whole = log_of_scan({bytes});
    CHECK(whole.frames == written);
    CHECK(whole.at_boundary.back() == !breaks);
  }
}

TEST_CASE("noise never leads them apart") {
  auto random = pinion::test::repeatable(31);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 64, '\0');
    for (char& c : bytes) c = static_cast<char>(random() % 3 == 0 ? random() % 256 : random() % 4);
    if (!bytes.empty()) bytes[0] = '\x81';
    const auto pieces = pinion::test::random_split(bytes, random);
    CHECK(log_of_scan(pieces) == log_of_next(pieces));
  }
}

TEST_CASE("a message of several frames has its end, and control frames within it have none") {
  FrameScanner scanner;
  const auto pass = [&](const Frame& frame) {
    (void)scanner.scan(write(frame), [](const FrameHeader&, std::string_view) {});
    CHECK(scanner.at_boundary());
    return scanner.between_messages();
  };
  CHECK(scanner.between_messages());
  CHECK(pass({.payload = "whole"}));
  CHECK_FALSE(pass({.opcode = 2, .fin = false, .payload = "first"}));
  CHECK_FALSE(pass({.opcode = 9, .payload = "ping"}));
  CHECK_FALSE(pass({.opcode = 0, .fin = false}));
  CHECK(pass({.opcode = 0, .payload = "last"}));
  CHECK(pass({.opcode = 9}));
  CHECK_FALSE(pass({.opcode = 1, .fin = false, .payload = "first"}));
  CHECK(pass({.opcode = 0}));
}

}  // namespace pinion::websocket
