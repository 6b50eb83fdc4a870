// How sockets and libuv's handles share a loop.
#include "uv/poller.h"

#include <list>
#include <vector>

#include "no_descriptors.h"
#include "stream_pair.h"
#include "ticks.h"
#include "uv/timer.h"

namespace pinion::uv {
namespace {

using namespace std::chrono_literals;
using test::FarEnd;
using test::run_until;
using test::StreamPair;

/// Keeps all that it accepts.
struct Collector final : Listener::Handler {
  std::vector<Stream> streams;
  void on_accept(Stream stream, const SocketAddress& /*peer*/) noexcept override {
    streams.push_back(std::move(stream));
  }
};

struct Listening {
  explicit Listening(Listener::Handler& handler)
      : bound(bind_sockets(test::kAnyPort, 1)),
        listener(loop, chunks, std::move(bound->sockets[0]), false, handler) {}

  BufferBudget budget{0};
  ChunkPool chunks{budget, 8};
  Loop loop;
  std::expected<BoundSockets, std::string> bound;
  Listener listener;

  [[nodiscard]] FarEnd connect() const {
    FarEnd far(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(far.fd(), bound->address.raw(), bound->address.raw_size()) == 0);
    return far;
  }
};

}  // namespace

TEST_CASE("who closes another in the same turn hears nothing of it any more") {
  StreamPair one;
  // Both on one loop, both with something to tell.
  const FarEnd far(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const SocketAddress& to = one.acceptor.address();
  REQUIRE(::connect(far.fd(), to.raw(), to.raw_size()) == 0);
  REQUIRE(run_until(one.loop, [&] { return static_cast<bool>(one.acceptor.accepted); }));
  Stream other = std::move(one.acceptor.accepted);
  test::Recorder events;
  other.set_events(events);
  one.events.on_any_read = [&] { other.close(); };
  events.on_any_read = [&] { one.near.close(); };
  one.near.start_reading();
  other.start_reading();
  one.far.send("x");
  far.send("y");
  CHECK(run_until(one.loop, [&] { return one.events.reads + events.reads > 0; }));
  CHECK(one.events.reads + events.reads == 1);
}

TEST_CASE("a timer that is started by a socket, and is all that is left, fires") {
  StreamPair pair;
  test::Ticks ticks;
  Timer timer(pair.loop, ticks);
  pair.events.on_any_read = [&] { timer.start(1ms, 0ms); };
  pair.near.start_reading();
  pair.far.send("x");
  while (pair.events.reads == 0) pair.loop.run_once();
  while (ticks.count == 0) pair.loop.run_once();
  CHECK(ticks.count == 1);
}

TEST_CASE("a loop runs for its sockets alone, and sockets do not keep libuv from being heard") {
  StreamPair pair;
  test::Ticks ticks;
  Timer timer(pair.loop, ticks);
  pair.events.on_any_read = [&] {
    if (ticks.count < 3) {
      pair.far.send("x");  // there is always something to be read
    } else {
      pair.loop.stop();
    }
  };
  timer.start(1ms, 1ms);
  pair.near.start_reading();
  pair.far.send("x");
  pair.loop.run();
  CHECK(ticks.count >= 3);
  timer.stop();
  pair.events.on_any_read = [&] { pair.loop.stop(); };
  pair.far.send("x");
  pair.loop.run();
  CHECK(pair.events.read.back() == 'x');
}

TEST_CASE("all of a burst of connections are accepted, within few turns") {
  Collector collector;
  Listening listening(collector);
  std::list<FarEnd> far;
  for (int i = 0; i < 100; ++i) far.push_back(listening.connect());
  const std::uint32_t before = listening.loop.turn();
  CHECK(run_until(listening.loop, [&] { return collector.streams.size() == far.size(); }));
  CHECK(listening.loop.turn() - before < 20);
  collector.streams.clear();
}

TEST_CASE("without descriptors a client is turned away instead of being left to wait") {
  Collector collector;
  Listening listening(collector);
  FarEnd far = listening.connect();
  FarEnd next = listening.connect();
  {
    const test::NoDescriptors none;
    CHECK(run_until(listening.loop, [&] {
      far.take();
      next.take();
      return (far.eof || far.error != 0) && (next.eof || next.error != 0);
    }));
    CHECK(collector.streams.empty());
  }
  far = listening.connect();
  CHECK(run_until(listening.loop, [&] { return collector.streams.size() == 1; }));
  collector.streams.clear();
}

}  // namespace pinion::uv
