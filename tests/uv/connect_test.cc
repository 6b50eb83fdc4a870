#include "any_port.h"
#include "stream_pair.h"

namespace pinion::uv {
namespace {

using test::Acceptor;
using test::Recorder;
using test::run_until;

struct Loops {
  BufferBudget budget{0};
  ChunkPool chunks{budget, 8};
  Loop loop;
};

// A port on which nobody listens: bound, and given up again.
std::uint16_t free_port() {
  const auto bound = bind_sockets(test::kAnyPort, 1);
  REQUIRE(bound);
  return bound->address.port();
}

}  // namespace

TEST_CASE("a connection is told, and carries bytes both ways") {
  for (const bool unix_socket : {false, true}) {
    Loops l;
    Acceptor acceptor(l.loop, l.chunks, unix_socket);
    Recorder client;
    Recorder server;
    Stream stream;
    REQUIRE(Stream::connect(stream, l.loop, l.chunks, acceptor.address(), client) == 0);
    // Before it is connected what is written waits.
    CHECK(stream.write({"early"}) == 0);
    CHECK(stream.queued() == 5);
    CHECK(run_until(l.loop, [&] { return client.connected && acceptor.accepted; }));
    CHECK(*client.connected == 0);
    acceptor.accepted.set_events(server);
    acceptor.accepted.start_reading();
    stream.start_reading();
    CHECK(stream.write({" and late"}) == 0);
    CHECK(acceptor.accepted.write({"answer"}) == 0);
    CHECK(run_until(l.loop, [&] { return server.read.size() == 14 && client.read.size() == 6; }));
    CHECK(server.read == "early and late");
    CHECK(client.read == "answer");
  }
}

TEST_CASE("a refused connection is told") {
  Loops l;
  Recorder events;
  Stream stream;
  const auto nowhere = *SocketAddress::from_ip("127.0.0.1", free_port());
  REQUIRE(Stream::connect(stream, l.loop, l.chunks, nowhere, events) == 0);
  CHECK(run_until(l.loop, [&] { return events.connected.has_value(); }));
  CHECK(*events.connected == UV_ECONNREFUSED);
}

TEST_CASE("a unix socket that is not there is told") {
  Loops l;
  Recorder events;
  Stream stream;
  const auto nowhere = SocketAddress::from_unix_path(test::socket_path("nowhere"));
  REQUIRE(Stream::connect(stream, l.loop, l.chunks, nowhere, events) == 0);
  CHECK(run_until(l.loop, [&] { return events.connected.has_value(); }));
  CHECK(*events.connected == UV_ENOENT);
}

TEST_CASE("a stream may die in on_connected, or before it") {
  Loops l;
  Recorder events;
  Stream stream;
  const auto nowhere = *SocketAddress::from_ip("127.0.0.1", free_port());
  events.on_any_connect = [&] { stream.close(); };
  REQUIRE(Stream::connect(stream, l.loop, l.chunks, nowhere, events) == 0);
  CHECK(run_until(l.loop, [&] { return !stream; }));

  Recorder never;
  Acceptor acceptor(l.loop, l.chunks, false);
  REQUIRE(Stream::connect(stream, l.loop, l.chunks, acceptor.address(), never) == 0);
  stream.close();
  CHECK(run_until(l.loop, [&] { return static_cast<bool>(acceptor.accepted); }));
  CHECK_FALSE(never.connected);
}

}  // namespace pinion::uv
