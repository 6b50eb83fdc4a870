#include "uv/stream.h"

#include <netinet/tcp.h>

#include "stream_pair.h"

namespace pinion::uv {
namespace {

using test::run_until;
using test::StreamPair;

}  // namespace

TEST_CASE("what is written at once arrives in order, parts joined") {
  for (const bool unix_socket : {false, true}) {
    StreamPair pair(unix_socket);
    CHECK(pair.near.write({"one ", "", "two ", "three"}) == 0);
    CHECK(pair.near.write({"."}) == 0);
    CHECK(pair.near.write({}) == 0);
    CHECK(pair.near.queued() == 0);
    CHECK(pair.near.taken() == 14);
    CHECK(pair.drain_far(14) == "one two three.");
    CHECK(pair.events.drains == 0);
  }
}

TEST_CASE("what the socket refuses waits, in order, and drains") {
  for (const bool unix_socket : {false, true}) {
    StreamPair pair(unix_socket);
    const std::string written = pair.fill(300'000);
    CHECK(pair.near.taken() + pair.near.queued() == written.size());
    CHECK(pair.budget.used() >= pair.near.queued());
    std::size_t last = pair.near.queued();
    bool grew = false;
    pair.events.on_any_drain = [&] {
      grew = grew || pair.near.queued() >= last;
      last = pair.near.queued();
    };
    CHECK(pair.drain_far(written.size()) == written);
    CHECK(run_until(pair.loop, [&] { return pair.near.queued() == 0; }));
    CHECK_FALSE(grew);
    CHECK(pair.events.drains > 0);
    CHECK(pair.near.taken() == written.size());
    CHECK(pair.budget.used() == 0);
  }
}

TEST_CASE("writes from inside on_drain keep their order") {
  StreamPair pair;
  std::string written = pair.fill(200'000);
  int more = 20;
  pair.events.on_any_drain = [&] {
    // Until the socket refuses some again.
    while (more > 0 && pair.near.queued() < 20'000) {
      const std::string piece(30'000, static_cast<char>('0' + --more % 10));
      REQUIRE(pair.near.write({piece, "|"}) == 0);
      written += piece + "|";
    }
  };
  std::string got;
  CHECK(run_until(pair.loop, [&] {
    got += pair.far.take();
    return pair.near.queued() == 0 && more <= 0 && got.size() == written.size();
  }));
  CHECK(got == written);
}

TEST_CASE("reading stops and goes on without losing a byte") {
  StreamPair pair;
  pair.far.send("first");
  pair.near.start_reading();
  CHECK(pair.near.reading());
  CHECK(run_until(pair.loop, [&] { return pair.events.read == "first"; }));
  pair.near.stop_reading();
  CHECK_FALSE(pair.near.reading());
  pair.far.send(" second");
  for (int i = 0; i < 20; ++i) pair.loop.run_once(Loop::Wait::none);
  CHECK(pair.events.read == "first");
  pair.near.start_reading();
  CHECK(run_until(pair.loop, [&] { return pair.events.read == "first second"; }));
}

TEST_CASE("no more is read than there is room for") {
  StreamPair pair;
  pair.events.room = 100;
  pair.far.send(std::string(2500, 'x'));
  pair.near.start_reading();
  CHECK(run_until(pair.loop, [&] { return pair.events.read.size() == 2500; }));
  CHECK(pair.events.largest_read == 100);
}

TEST_CASE("without room reading waits, and asks again") {
  StreamPair pair;
  pair.events.room = 0;
  pair.far.send("late");
  pair.near.start_reading();
  for (int i = 0; i < 20; ++i) pair.loop.run_once(Loop::Wait::none);
  CHECK(pair.events.read.empty());
  pair.events.room = 10;
  CHECK(run_until(pair.loop, [&] { return pair.events.read == "late"; }));
}

TEST_CASE("one stream reads no more than its share of a turn") {
  StreamPair pair;
  std::uint32_t turn = 0;
  std::size_t in_turn = 0;
  std::size_t most = 0;
  std::size_t before = 0;
  // The sender refills as it is read, so that the socket never runs dry by itself.
  const std::string piece(kScratchBytes, 'x');
  const auto refill = [&] {
    while (::send(pair.far.fd(), piece.data(), piece.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
    }
  };
  pair.events.on_any_read = [&] {
    if (turn != pair.loop.turn()) in_turn = 0;
    turn = pair.loop.turn();
    in_turn += pair.events.read.size() - before;
    before = pair.events.read.size();
    most = std::max(most, in_turn);
    refill();
  };
  refill();
  pair.near.start_reading();
  CHECK(run_until(pair.loop, [&] { return pair.events.read.size() > 6 * kBytesPerTurn; }));
  CHECK(most <= kBytesPerTurn);
  CHECK(most > kBytesPerTurn / 2);
}

TEST_CASE("a moved stream goes on with its events") {
  StreamPair pair;
  test::Recorder other;
  Stream moved = std::move(pair.near);
  CHECK_FALSE(pair.near);
  moved.set_events(other);
  moved.start_reading();
  pair.far.send("hello");
  CHECK(run_until(pair.loop, [&] { return other.read == "hello"; }));
  CHECK(pair.events.read.empty());
}

TEST_CASE("a host that has vanished is noticed within two minutes, on either side") {
  const auto silence_until_lost = [](const Stream& stream) {
    const auto option = [&stream](int level, int name) {
      int value = 0;
      socklen_t size = sizeof(value);
      REQUIRE(::getsockopt(stream.descriptor(), level, name, &value, &size) == 0);
      return value;
    };
    CHECK(option(SOL_SOCKET, SO_KEEPALIVE) == 1);
    return option(IPPROTO_TCP, TCP_KEEPIDLE) +
           option(IPPROTO_TCP, TCP_KEEPINTVL) * option(IPPROTO_TCP, TCP_KEEPCNT);
  };
  StreamPair pair;
  CHECK(silence_until_lost(pair.near) == 120);
  Stream to_backend;
  test::Recorder events;
  REQUIRE(Stream::connect(to_backend, pair.loop, pair.chunks, pair.acceptor.address(), events) ==
          0);
  to_backend.keep_alive();
  CHECK(silence_until_lost(to_backend) == 120);
}

TEST_CASE("the peer's address is known for TCP and empty for unix sockets") {
  StreamPair tcp;
  CHECK(tcp.acceptor.peer.ip() == "127.0.0.1");
  CHECK(tcp.acceptor.peer.port() != 0);
  CHECK(tcp.near.descriptor() >= 0);
  StreamPair unix_pair(true);
  CHECK(unix_pair.acceptor.peer.ip().empty());
}

}  // namespace pinion::uv
