#include "proxy/request_body.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "sink.h"
#include "support/splits.h"

namespace pinion::proxy {
namespace {

using http::Framing;
using test::kChunked;

constexpr Framing length_of(std::uint64_t size) {
  return {.kind = Framing::Kind::length, .length = size};
}

// Removes the framing of chunks, to compare payload.
std::string unchunked(std::string_view bytes) {
  http::BodyReader reader(kChunked);
  std::string payload;
  while (!bytes.empty() && !reader.done()) {
    const auto step = reader.next(bytes);
    REQUIRE_FALSE(step.malformed);
    payload += step.data;
    bytes.remove_prefix(step.consumed);
  }
  REQUIRE(reader.done());
  REQUIRE(bytes.empty());
  return payload;
}

}  // namespace

TEST_CASE("a body of a length passes however it is cut, and takes nothing of the next request") {
  test::Sink sink;
  auto random = pinion::test::repeatable(1);
  const std::string input =
      "hello, world"
      "GET /next";
  for (const auto& pieces : pinion::test::splits(input, random)) {
    RequestBody body(length_of(12), {});
    std::string out;
    std::string left;
    for (std::string_view piece : pieces) {
      if (body.done()) {
        left += piece;
        continue;
      }
      out += sink.written([&](GatherWriter& writer) {
        const auto status = body.pass(piece, &writer);
        CHECK(status == (body.done() ? RequestBody::Status::done : RequestBody::Status::need_more));
      });
      left += piece;
    }
    CHECK(out == "hello, world");
    CHECK(left == "GET /next");
    CHECK(body.received() == 12);
  }
}

TEST_CASE("a chunked body goes on chunked, without white space, extensions and trailers") {
  test::Sink sink;
  auto random = pinion::test::repeatable(2);
  const std::string input =
      "5 ;x=1\r\nhello\r\n7  \r\n, world\r\n0\t\r\nTrailer: no\r\n\r\nGET /next";
  for (const auto& pieces : pinion::test::splits(input, random)) {
    RequestBody body(kChunked, {});
    std::string out;
    std::string left;
    for (std::string_view piece : pieces) {
      if (!body.done()) {
        out += sink.written([&](GatherWriter& writer) { body.pass(piece, &writer); });
      }
      left += piece;
    }
    CHECK(unchunked(out) == "hello, world");
    CHECK(out.find("Trailer") == std::string::npos);
    CHECK(out.find_first_of(";\t") == std::string::npos);
    CHECK(std::ranges::count(out, ' ') == 1);  // the payload's own
    CHECK(left == "GET /next");
  }
}

TEST_CASE("a body that nobody takes is read to its end") {
  RequestBody body(kChunked, {});
  std::string_view in = "5\r\nhello\r\n0\r\n\r\nrest";
  CHECK(body.pass(in, nullptr) == RequestBody::Status::done);
  CHECK(in == "rest");
}

TEST_CASE("a malformed chunk is an error wherever it is cut") {
  auto random = pinion::test::repeatable(3);
  for (const auto& pieces : pinion::test::splits("5\r\nhello\r\nzz\r\n", random)) {
    RequestBody body(kChunked, {});
    auto status = RequestBody::Status::need_more;
    for (std::string_view piece : pieces) {
      if (status == RequestBody::Status::need_more) status = body.pass(piece, nullptr);
    }
    CHECK(status == RequestBody::Status::malformed);
  }
}

TEST_CASE("a body may be as large as the limit, not larger") {
  for (const std::size_t size : {10U, 11U}) {
    RequestBody body(kChunked, {.body = 10});
    const std::string input =
        std::string(http::chunk_size_line(size).view()) + std::string(size, 'x') + "\r\n0\r\n\r\n";
    std::string_view in = input;
    CHECK(body.pass(in, nullptr) ==
          (size == 10 ? RequestBody::Status::done : RequestBody::Status::too_large));
  }
}

TEST_CASE("a gathered body goes on with its length") {
  test::Sink sink;
  auto random = pinion::test::repeatable(4);
  for (const auto& pieces : pinion::test::splits("2\r\n40\r\n3\r\n{}!\r\n0\r\n\r\n", random)) {
    RequestBody body(kChunked, {.body = 0, .gathered = 5});
    std::string whole;
    auto status = RequestBody::Status::need_more;
    for (std::string_view piece : pieces) {
      if (status == RequestBody::Status::need_more) status = body.gather(piece, whole);
    }
    REQUIRE(status == RequestBody::Status::done);
    CHECK(whole == "40{}!");
    body.restart_with_length(whole.size());
    CHECK(body.framing() == length_of(5));
    std::string_view in = whole;
    CHECK(sink.written([&](GatherWriter& writer) {
      CHECK(body.pass(in, &writer) == RequestBody::Status::done);
    }) == "40{}!");
    CHECK(body.received() == 5);
  }
}

TEST_CASE("an empty gathered body is one of length 0") {
  test::Sink sink;
  RequestBody body(kChunked, {.body = 0, .gathered = 5});
  std::string whole;
  std::string_view in = "0\r\n\r\n";
  REQUIRE(body.gather(in, whole) == RequestBody::Status::done);
  body.restart_with_length(0);
  CHECK(sink.written([&](GatherWriter& writer) {
              std::string_view nothing;
              CHECK(body.pass(nothing, &writer) == RequestBody::Status::done);
            })
            .empty());
}

TEST_CASE("what was peeked at goes before the rest of the body, framed as it came") {
  test::Sink sink;
  auto random = pinion::test::repeatable(4);
  const std::string payload = "the beginning, what follows, and the end";
  for (const bool chunked : {false, true}) {
    const std::string input =
        chunked ? "d\r\nthe beginning\r\n1b\r\n, what follows, and the end\r\n0\r\n\r\n" : payload;
    for (const auto& pieces : pinion::test::splits(input, random)) {
      for (std::size_t peeked = 0; peeked <= pieces.size(); ++peeked) {
        RequestBody body(chunked ? kChunked : length_of(payload.size()), {});
        std::string whole;
        std::string out;
        for (std::size_t i = 0; i < pieces.size(); ++i) {
          std::string_view piece = pieces[i];
          if (i == peeked) body.go_on_after(std::exchange(whole, {}));
          if (i < peeked) {
            body.peek(piece, whole);
          } else {
            out += sink.written([&](GatherWriter& writer) { body.pass(piece, &writer); });
          }
          CHECK(piece.empty());
        }
        if (peeked == pieces.size()) {
          CHECK(whole == payload);
          continue;
        }
        CHECK((chunked ? unchunked(out) : out) == payload);
        CHECK(body.done());
        CHECK(body.received() == payload.size());
        CHECK(body.held() == 0);
      }
    }
  }
}

TEST_CASE("what is gathered is bounded by both limits") {
  for (const RequestBody::Limits limits : {RequestBody::Limits{.body = 0, .gathered = 4},
                                           RequestBody::Limits{.body = 4, .gathered = 9}}) {
    RequestBody body(kChunked, limits);
    std::string whole;
    std::string_view in = "5\r\nhello\r\n0\r\n\r\n";
    CHECK(body.gather(in, whole) == RequestBody::Status::too_large);
    CHECK(whole.size() <= 4);
  }
}

TEST_CASE("pushed packets are counted on their way, and a close is seen") {
  const std::string payload =
      "42[\"a\"]\x1e"
      "42[\"b\"]\x1e"
      "1";
  RequestBody body(length_of(payload.size()), {});
  body.watch(engineio::PacketScanner({}));
  std::string_view in = payload;
  CHECK(body.pass(in, nullptr) == RequestBody::Status::done);
  REQUIRE(body.watched());
  CHECK(body.watched()->packets() == 3);
  CHECK(body.watched()->saw_close());
}

}  // namespace pinion::proxy
