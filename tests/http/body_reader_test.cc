#include "http/body_reader.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

namespace pinion::http {
namespace {

using Kind = Framing::Kind;
using namespace std::string_view_literals;

struct ReadBody {
  std::string payload;
  std::size_t consumed = 0;
  bool done = false;
  bool malformed = false;

  bool operator==(const ReadBody&) const = default;
};

/// Reads all of `bytes`, cut into pieces of the sizes that `next_size` gives.
template <typename NextSize>
ReadBody read_body(Framing framing, std::string_view bytes, NextSize next_size) {
  BodyReader reader{framing};
  ReadBody read;
  while (read.consumed < bytes.size() && !reader.done() && !read.malformed) {
    std::string_view piece = bytes.substr(read.consumed, next_size());
    while (!piece.empty() && !reader.done() && !read.malformed) {
      const auto step = reader.next(piece);
      CHECK(step.consumed <= piece.size());
      CHECK((step.consumed > 0 || step.malformed));
      read.payload += step.data;
      read.consumed += step.consumed;
      read.malformed = step.malformed;
      piece.remove_prefix(step.consumed);
    }
  }
  read.done = reader.done();
  CHECK(reader.received() == read.payload.size());
  return read;
}

ReadBody read_whole(Framing framing, std::string_view bytes) {
  return read_body(framing, bytes, [&] { return bytes.size() + 1; });
}

ReadBody read_chunked(std::string_view bytes) { return read_whole({Kind::chunked}, bytes); }

}  // namespace

TEST_CASE("a message without a body is done before its first byte") {
  for (const Framing framing : {Framing{Kind::none}, Framing{Kind::length, 0}}) {
    BodyReader reader{framing};
    CHECK(reader.done());
    CHECK(reader.next("GET").consumed == 0);
    CHECK(reader.finish_at_close());
  }
}

TEST_CASE("a body of a length takes that much and no more") {
  const auto read = read_whole({Kind::length, 5}, "helloGET /");
  CHECK(read.payload == "hello");
  CHECK(read.consumed == 5);
  CHECK(read.done);
  BodyReader cut{{Kind::length, 5}};
  cut.next("hell");
  CHECK_FALSE(cut.done());
  CHECK_FALSE(cut.finish_at_close());
}

TEST_CASE("a body without a length ends with its connection") {
  BodyReader reader{{Kind::until_close}};
  CHECK(reader.next("abc").data == "abc");
  CHECK(reader.next("def").consumed == 3);
  CHECK_FALSE(reader.done());
  CHECK(reader.finish_at_close());
  CHECK(reader.done());
  CHECK(reader.received() == 6);
  CHECK(reader.next("late").consumed == 0);
}

TEST_CASE("a chunked body that is cut off has not ended") {
  const std::string_view body = "5\r\nhello\r\n0\r\n\r\n";
  for (std::size_t size = 0; size < body.size(); ++size) {
    BodyReader reader{{Kind::chunked}};
    auto rest = body.substr(0, size);
    while (!rest.empty()) rest.remove_prefix(reader.next(rest).consumed);
    CHECK_FALSE(reader.finish_at_close());
  }
}

TEST_CASE("chunks are taken apart") {
  struct Case {
    const char* bytes;
    const char* payload;
  };
  const Case cases[] = {
      {"0\r\n\r\n", ""},
      {"5\r\nhello\r\n0\r\n\r\n", "hello"},
      {"1\r\na\r\n2\r\nbc\r\n000\r\n\r\n", "abc"},
      {"a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789"},
      {"0000000000000003\r\nabc\r\n0\r\n\r\n", "abc"},
      {"3;name=value;other=\"x y\"\r\nabc\r\n0;last\r\n\r\n", "abc"},
      {"3;\r\nabc\r\n0\r\n\r\n", "abc"},
      {"3 ;a=b\r\nabc\r\n0\t; last\r\n\r\n", "abc"},
      {"3  \r\nabc\r\n00 \t \r\n\r\n", "abc"},
      {"3\r\n\r\n\r\r\n0\r\n\r\n", "\r\n\r"},
      {"0\r\nTrailer: x\r\nOther:\r\n\r\n", ""},
  };
  for (const auto& [bytes, payload] : cases) {
    CAPTURE(bytes);
    const auto read = read_chunked(bytes);
    CHECK(read.done);
    CHECK_FALSE(read.malformed);
    CHECK(read.payload == payload);
    CHECK(read.consumed == std::string_view(bytes).size());
  }
}

TEST_CASE("what follows a chunked body stays for the next message") {
  const auto read = read_chunked("1\r\na\r\n0\r\n\r\nGET / HTTP/1.1\r\n");
  CHECK(read.done);
  CHECK(read.consumed == 11);
}

TEST_CASE("chunks that two parties could read differently are refused") {
  for (const auto bytes : {
           "\r\n"sv,
           ""
           " 5\r\nhello\r\n0\r\n\r\n"sv,
           "5 5\r\nhello\r\n0\r\n\r\n"sv,
           "5 x\r\nhello\r\n0\r\n\r\n"sv,
           "5 \nhello\r\n0\r\n\r\n"sv,
           "5 \rhello\r\n0\r\n\r\n"sv,
           "5\v\r\nhello\r\n"sv,
           "\t5\r\nhello\r\n0\r\n\r\n"sv,
           " \r\n\r\n"sv,
           "+5\r\nhello\r\n"sv,
           "-5\r\nhello\r\n"sv,
           "0x5\r\nhello\r\n"sv,
           "5\nhello\r\n0\r\n\r\n"sv,
           "5\rhello\r\n"sv,
           "5\r\rhello"sv,
           "g\r\n"sv,
           ";x\r\n"sv,
           "5,5\r\n"sv,
           "5\r\nhello0\r\n\r\n"sv,
           "5\r\nhello\n0\r\n\r\n"sv,
           "5\r\nhello\r0\r\n\r\n"sv,
           "5\r\nhelloo\r\n"sv,
           "5\r\nhello\r\n\r\n"sv,
           "00000000000000005\r\nhello\r\n"sv,
           "10000000000000000\r\n"sv,
           "5;\x01\r\nhello\r\n"sv,
           "5;\0\r\nhello\r\n"sv,
           "5;a\nb\r\nhello\r\n"sv,
           "5;a\rb\r\nhello\r\n"sv,
           "5\0\r\nhello\r\n"sv,
           "0\r\n\n"sv,
           "0\r\n\rx"sv,
           "0\n\r\n"sv,
           "0\r\nX\r\n\r\n"sv,
           "0\r\nX y: z\r\n\r\n"sv,
           "0\r\n X: y\r\n\r\n"sv,
           "0\r\nX: y\r\n z\r\n\r\n"sv,
           "0\r\n: y\r\n\r\n"sv,
           "0\r\nX: y\n\r\n"sv,
           "0\r\nX: \0\r\n\r\n"sv,
           "0\r\nX: y\rZ: 1\r\n\r\n"sv,
       }) {
    CAPTURE(bytes);
    const auto read = read_chunked(bytes);
    CHECK(read.malformed);
    CHECK_FALSE(read.done);
  }
}

TEST_CASE("once malformed a body stays so") {
  BodyReader reader{{Kind::chunked}};
  CHECK(reader.next("x").malformed);
  const auto step = reader.next("5\r\nhello\r\n");
  CHECK(step.malformed);
  CHECK(step.consumed == 0);
  CHECK_FALSE(reader.finish_at_close());
}

TEST_CASE("white space, extensions and trailers are bounded") {
  const auto with_space = [](std::size_t size) {
    return read_chunked("1" + std::string(size, ' ') + "\r\na\r\n0\r\n\r\n");
  };
  CHECK(with_space(4000).done);
  CHECK(with_space(5000).malformed);
  const auto with_extension = [](std::size_t size) {
    return read_chunked("1;" + std::string(size, 'x') + "\r\na\r\n0\r\n\r\n");
  };
  CHECK(with_extension(4000).done);
  CHECK(with_extension(5000).malformed);
  // They share one line.
  CHECK(
      read_chunked("1" + std::string(3000, ' ') + ';' + std::string(3000, 'x') + "\r\n").malformed);
  const auto with_trailers = [](std::size_t count) {
    std::string bytes = "0\r\n";
    for (std::size_t i = 0; i < count; ++i) bytes += "X: 0123456789\r\n";
    return read_chunked(bytes + "\r\n");
  };
  CHECK(with_trailers(500).done);
  CHECK(with_trailers(800).malformed);
}

TEST_CASE("bodies mean the same however they are cut") {
  std::mt19937 random{5};
  const std::string_view noise = "\r\n0123456789abcdefx;: \0"sv;
  for (int round = 0; round < 2000; ++round) {
    std::string body;
    std::string payload;
    for (auto chunks = random() % 5; chunks > 0; --chunks) {
      const std::string chunk(random() % 40 + 1, static_cast<char>('a' + random() % 26));
      body += chunk_size_line(chunk.size()).view();
      body += chunk;
      body += kChunkEnd;
      payload += chunk;
    }
    body += kLastChunk;
    const bool damaged = round % 2 == 1;
    if (damaged) body[random() % body.size()] = noise[random() % noise.size()];
    body += "GET / HTTP/1.1\r\n";
    CAPTURE(body);
    const auto whole = read_chunked(body);
    if (!damaged) {
      CHECK(whole.done);
      CHECK(whole.payload == payload);
      CHECK(whole.consumed == body.size() - 16);
    }
    CHECK(read_body({Kind::chunked}, body, [] { return std::size_t{1}; }) == whole);
    CHECK(read_body({Kind::chunked}, body, [&] { return random() % 13 + 1; }) == whole);
  }
}

TEST_CASE("size lines are hexadecimal without zeros before") {
  CHECK(chunk_size_line(0).view() == "0\r\n");
  CHECK(chunk_size_line(255).view() == "ff\r\n");
  CHECK(chunk_size_line(65536).view() == "10000\r\n");
  CHECK(chunk_size_line(18446744073709551615U).view() == "ffffffffffffffff\r\n");
}

}  // namespace pinion::http
