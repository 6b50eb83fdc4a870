// The answer to a handshake: not a byte may reach the client before its session can be found.
#include "proxy/response_body.h"

#include <doctest/doctest.h>

#include "books.h"
#include "engineio/fixture.h"
#include "sink.h"
#include "support/splits.h"

namespace pinion::proxy {
namespace {

using engineio::test::fixture;
using http::Framing;
using test::Books;
using test::kChunked;
using test::kStart;

constexpr const char* kHead = "HTTP/1.1 200 OK\r\n\r\n";

// Cut into chunks of `size`, as uvicorn might.
std::string chunked(std::string_view payload, std::size_t size) {
  std::string out;
  while (!payload.empty()) {
    const auto piece = payload.substr(0, size);
    out += http::chunk_size_line(piece.size()).view();
    out += piece;
    out += http::kChunkEnd;
    payload.remove_prefix(piece.size());
  }
  return out += http::kLastChunk;
}

std::string unframed(std::string_view out, Framing framing) {
  if (framing.kind != Framing::Kind::chunked) return std::string(out);
  http::BodyReader reader(framing);
  std::string payload;
  while (!reader.done()) {
    REQUIRE_FALSE(out.empty());
    const auto step = reader.next(out);
    REQUIRE_FALSE(step.malformed);
    payload += step.data;
    out.remove_prefix(step.consumed);
  }
  CHECK(out.empty());
  return payload;
}

// One answer through a ResponseBody, cut in one way.
struct Answer {
  Framing from_backend, to_client;
  bool ends_with_close = false;
};

void check_handshake(test::Sink& sink, const pinion::test::Pieces& pieces, const Answer& answer,
                     const std::string& payload) {
  Books books;
  ResponseBody body(kHead, answer.from_backend, answer.to_client);
  body.watch_open(std::make_unique<OpenWatch>(books.ledger, books.reserve(),
                                              OpenWatch::Origin{.client = "192.0.2.7"}));
  std::string out;
  auto status = ResponseBody::Status::need_more;
  for (const auto piece : pieces) {
    const std::string now =
        sink.written([&](GatherWriter& writer) { status = body.pass(piece, writer, kStart); });
    REQUIRE(status != ResponseBody::Status::malformed);
    // The pin stands before the client can know anything.
    if (!now.empty()) REQUIRE(books.ledger.table().size() == 1);
    CHECK(body.holding() == (books.ledger.table().size() == 0));
    out += now;
  }
  if (answer.ends_with_close) {
    REQUIRE(status == ResponseBody::Status::need_more);
    out += sink.written([&](GatherWriter& writer) { status = body.pass_end(writer, kStart); });
  }
  REQUIRE(status == ResponseBody::Status::done);
  REQUIRE(out.starts_with(kHead));
  CHECK(unframed(std::string_view(out).substr(std::string_view(kHead).size()), answer.to_client) ==
        payload);
  REQUIRE(body.opened() != nullptr);
  const auto session = books.ledger.table().get({0, body.opened()->sid});
  REQUIRE(session);
  CHECK(session->client == "192.0.2.7");
  CHECK(session->serial == body.opened()->serial);
  CHECK(session->time_to_live == body.opened()->time_to_live);
  CHECK(books.backends[0]->assigned().live == 1);
  CHECK(books.backends[0]->assigned().reserved == 0);
}

constexpr Framing kUntilClose = {.kind = Framing::Kind::until_close, .length = 0};

}  // namespace

TEST_CASE("no byte of a recorded handshake is released before its pin, however it is cut") {
  test::Sink sink;
  auto random = pinion::test::repeatable(5);
  for (const char* name :
       {"node6-handshake.txt", "node6-handshake-jsonp.txt", "node3-handshake.bin",
        "node3-handshake-b64.txt", "node3-handshake-jsonp.txt", "node1-handshake.bin",
        "node2-socketio-handshake.txt", "python-handshake.txt", "python-handshake-jsonp.txt"}) {
    CAPTURE(name);
    const std::string payload = fixture(name);
    const Framing length{.kind = Framing::Kind::length, .length = payload.size()};
    for (const auto& pieces : pinion::test::splits(payload, random)) {
      check_handshake(sink, pieces, {length, length}, payload);
      check_handshake(sink, pieces, {kUntilClose, kChunked, true}, payload);
    }
    const std::string in_chunks = chunked(payload, 17);
    for (const auto& pieces : pinion::test::splits(in_chunks, random)) {
      check_handshake(sink, pieces, {kChunked, kChunked}, payload);
    }
  }
}

TEST_CASE("an answer that opens no session is released, and its place is given back") {
  test::Sink sink;
  for (const std::string payload :
       {"ok", "", "<html>not what was asked for</html>", "0{\"x\":1}"}) {
    CAPTURE(payload);
    Books books;
    ResponseBody body(kHead, {.kind = Framing::Kind::length, .length = payload.size()}, kChunked);
    body.watch_open(
        std::make_unique<OpenWatch>(books.ledger, books.reserve(), OpenWatch::Origin{}));
    const std::string out = sink.written([&](GatherWriter& writer) {
      CHECK(body.pass(payload, writer, kStart) == ResponseBody::Status::done);
    });
    CHECK(out.starts_with(kHead));
    CHECK(unframed(std::string_view(out).substr(std::string_view(kHead).size()), kChunked) ==
          payload);
    CHECK(body.opened() == nullptr);
    books.check_empty();
  }
}

TEST_CASE("an answer that is cut releases nothing of what was held") {
  test::Sink sink;
  Books books;
  const std::string payload = fixture("node6-handshake.txt");
  ResponseBody body(kHead, {.kind = Framing::Kind::length, .length = payload.size()},
                    {.kind = Framing::Kind::length, .length = payload.size()});
  body.watch_open(std::make_unique<OpenWatch>(books.ledger, books.reserve(), OpenWatch::Origin{}));
  CHECK(sink.written([&](GatherWriter& writer) {
              CHECK(body.pass(std::string_view(payload).substr(0, 50), writer, kStart) ==
                    ResponseBody::Status::need_more);
              CHECK(body.pass_end(writer, kStart) == ResponseBody::Status::malformed);
            })
            .empty());
}

TEST_CASE("what needs not be held passes at once, byte by byte") {
  test::Sink sink;
  ResponseBody body(kHead, kUntilClose, kChunked);
  CHECK(sink.written([&](GatherWriter& writer) { body.pass("a", writer, kStart); }) ==
        std::string(kHead) + "1\r\na\r\n");
  CHECK(sink.written([&](GatherWriter& writer) { body.pass("b", writer, kStart); }) ==
        "1\r\nb\r\n");
  CHECK(sink.written([&](GatherWriter& writer) {
    CHECK(body.pass_end(writer, kStart) == ResponseBody::Status::done);
  }) == "0\r\n\r\n");
  CHECK(body.received() == 2);
}

TEST_CASE("a head without a body is done at once") {
  test::Sink sink;
  ResponseBody body(kHead, {}, {});
  CHECK(sink.written([&](GatherWriter& writer) {
    CHECK(body.pass({}, writer, kStart) == ResponseBody::Status::done);
  }) == kHead);
}

TEST_CASE("of a body that is malformed from the start not even the head goes out") {
  test::Sink sink;
  const auto status = [&](ResponseBody& body, std::string_view in, std::string_view sent) {
    auto result = ResponseBody::Status::done;
    CHECK(sink.written([&](GatherWriter& writer) { result = body.pass(in, writer, kStart); }) ==
          sent);
    return result;
  };
  ResponseBody body(kHead, kChunked, kChunked);
  CHECK(status(body, "zz\r\n", "") == ResponseBody::Status::malformed);
  CHECK_FALSE(body.began());
  // But a head is not kept waiting for its body.
  ResponseBody later(kHead, kChunked, kChunked);
  CHECK(status(later, "", kHead) == ResponseBody::Status::need_more);
  CHECK(later.began());
  CHECK(status(later, "zz\r\n", "") == ResponseBody::Status::malformed);
}

TEST_CASE("bytes after the body reach nobody, and are noticed") {
  test::Sink sink;
  for (const std::string& after : {std::string(), std::string("HTTP/1.1 200 OK")}) {
    ResponseBody body(kHead, {.kind = Framing::Kind::length, .length = 2},
                      {.kind = Framing::Kind::length, .length = 2});
    CHECK(sink.written([&](GatherWriter& writer) {
      CHECK(body.pass("ok" + after, writer, kStart) == ResponseBody::Status::done);
    }) == std::string(kHead) + "ok");
    CHECK(body.had_excess() == !after.empty());
  }
}

TEST_CASE("the beginning of an error is kept for its dialect, and passes on") {
  test::Sink sink;
  const std::string long_error =
      R"({"code":1,"message":"Session ID unknown"})" + std::string(900, ' ');
  ResponseBody body(kHead, {.kind = Framing::Kind::length, .length = long_error.size()},
                    {.kind = Framing::Kind::length, .length = long_error.size()});
  body.watch_error();
  std::string out;
  for (const char c : long_error) {
    out += sink.written([&](GatherWriter& writer) { body.pass({&c, 1}, writer, kStart); });
  }
  CHECK(out == kHead + long_error);
  CHECK(body.error_prefix() == std::string_view(long_error).substr(0, 512));
}

TEST_CASE("polled packets are counted on their way") {
  test::Sink sink;
  const std::string payload = fixture("node6-poll.txt");
  ResponseBody body(kHead, {.kind = Framing::Kind::length, .length = payload.size()}, kChunked);
  body.watch_packets(engineio::PacketScanner({}));
  sink.written([&](GatherWriter& writer) { body.pass(payload, writer, kStart); });
  engineio::PacketScanner alone({});
  alone.feed(payload);
  alone.finish();
  REQUIRE(body.packets());
  CHECK(body.packets()->packets() == alone.packets());
  CHECK(alone.packets() > 0);
}

}  // namespace pinion::proxy
