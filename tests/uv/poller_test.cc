// How sockets and libuv's handles share a loop.
#include "uv/poller.h"

#include <list>
#include <thread>
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
  std::size_t turned_away = 0;
  std::size_t left_to_wait = 0;
  int status = 0;
  void on_accept_failed(int why, bool was_turned_away) noexcept override {
    status = why;
    ++(was_turned_away ? turned_away : left_to_wait);
  }
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

TEST_CASE("no timer fires before the bytes that came in time, of however many sockets") {
  Collector collector;
  Listening listening(collector);
  std::list<FarEnd> far;
  while (far.size() < 300) {
    for (int i = 0; i < 50; ++i) far.push_back(listening.connect());
    REQUIRE(run_until(listening.loop, [&] { return collector.streams.size() == far.size(); }));
  }
  test::Recorder events;
  for (Stream& stream : collector.streams) {
    stream.set_events(events);
    stream.start_reading();
  }
  // They look for themselves whether something has come already.
  listening.loop.run_once(Loop::Wait::none);
  struct Fires final : Timer::Handler {
    explicit Fires(const test::Recorder& recorder) : heard(recorder) {}
    void on_tick() noexcept override { reads = heard.reads; }
    const test::Recorder& heard;
    std::optional<std::size_t> reads;
  } fires(events);
  Timer timer(listening.loop, fires);
  const TimePoint began = monotonic_now();
  timer.start(5ms, 0ms);
  for (const FarEnd& each : far) each.send("x");
  // As a process that was stopped finds it.
  while (monotonic_now() - began < 20ms) std::this_thread::yield();
  while (!fires.reads) listening.loop.run_once();
  CHECK(fires.reads == far.size());
  collector.streams.clear();
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
    CHECK(collector.turned_away == 2);
    CHECK(collector.status == UV_EMFILE);
  }
  CHECK(collector.left_to_wait == 0);
  far = listening.connect();
  CHECK(run_until(listening.loop, [&] { return collector.streams.size() == 1; }));
  collector.streams.clear();
}

TEST_CASE(
    "a client that cannot even be turned away does not keep the loop busy, and comes in later") {
  Collector collector;
  Listening listening(collector);
  const auto accepted = [&](std::size_t count) {
    return run_until(listening.loop, [&] { return collector.streams.size() == count; });
  };
  // With room first: a sanitizer needs descriptors to look at an object of a class for the first
  // time.
  const FarEnd first = listening.connect();
  CHECK(accepted(1));
  const FarEnd second = listening.connect();
  {
    // The spare descriptor is of no use either.
    const test::FewDescriptors none(0);
    CHECK(run_until(listening.loop, [&] { return collector.left_to_wait == 1; }));
    CHECK(collector.status == UV_EMFILE);
  }
  CHECK(accepted(2));
  const FarEnd third = listening.connect();
  {
    const test::FewDescriptors none(0);
    const TimePoint began = monotonic_now();
    CHECK(run_until(listening.loop, [&] { return collector.left_to_wait == 4; }));
    CHECK(monotonic_now() - began >= 2 * Listener::kPause - 5ms);
  }
  CHECK(accepted(3));
  CHECK(collector.turned_away == 0);
  // With the spare descriptor back as well.
  const FarEnd fourth = listening.connect();
  const test::NoDescriptors none;
  CHECK(run_until(listening.loop, [&] { return collector.turned_away == 1; }));
  collector.streams.clear();
}

TEST_CASE("a listener may die while it rests") {
  Collector collector;
  std::optional<Listening> listening(std::in_place, collector);
  const FarEnd first = listening->connect();
  CHECK(run_until(listening->loop, [&] { return collector.streams.size() == 1; }));
  collector.streams.clear();
  const FarEnd second = listening->connect();
  {
    const test::FewDescriptors none(0);
    CHECK(run_until(listening->loop, [&] { return collector.left_to_wait == 1; }));
  }
  listening.reset();
  CHECK(collector.streams.empty());
}

TEST_CASE("a listener that the system has no room to watch is watched later, instead of aborting") {
  struct Deaf final : Watched {
    void on_ready(std::uint32_t /*events*/) noexcept override {}
  };
  BufferBudget budget{0};
  ChunkPool chunks{budget, 8};
  Loop loop;
  auto bound = bind_sockets(test::kAnyPort, 1);
  REQUIRE(bound);
  // The kernel watches a descriptor only once.
  auto deaf = std::make_unique<Deaf>();
  REQUIRE(loop.poller().add(bound->sockets[0].get(), 0, *deaf) == 0);
  Collector collector;
  {
    const Listener listener(loop, chunks, std::move(bound->sockets[0]), false, collector);
    loop.poller().retire(std::move(deaf));
    const FarEnd far(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(far.fd(), bound->address.raw(), bound->address.raw_size()) == 0);
    CHECK(run_until(loop, [&] { return collector.streams.size() == 1; }));
    collector.streams.clear();
  }
}

}  // namespace pinion::uv
