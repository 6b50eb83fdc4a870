// How streams end: FIN, RST, errors, and owners that die in the middle of a callback.
#include "stream_pair.h"

namespace pinion::uv {
namespace {

using test::run_until;
using test::StreamPair;

}  // namespace

TEST_CASE("a FIN of the peer is an end without error, and writing goes on") {
  StreamPair pair;
  pair.near.start_reading();
  pair.far.send("bye");
  ::shutdown(pair.far.fd(), SHUT_WR);
  CHECK(run_until(pair.loop, [&] { return pair.events.ended.has_value(); }));
  CHECK(*pair.events.ended == 0);
  CHECK(pair.events.read == "bye");
  CHECK_FALSE(pair.near.reading());
  CHECK(pair.near.write({"still here"}) == 0);
  CHECK(pair.drain_far(10) == "still here");
}

TEST_CASE("a reset of the peer is an end with its error") {
  StreamPair pair;
  pair.near.start_reading();
  pair.far.reset();
  CHECK(run_until(pair.loop, [&] { return pair.events.ended.has_value(); }));
  CHECK(*pair.events.ended == UV_ECONNRESET);
}

TEST_CASE("a reset right behind the last bytes is not taken for a FIN") {
  StreamPair pair;
  pair.near.start_reading();
  pair.far.send("half of it");
  pair.far.reset();
  CHECK(run_until(pair.loop, [&] { return pair.events.ended.has_value(); }));
  CHECK(*pair.events.ended == UV_ECONNRESET);
}

TEST_CASE("the FIN goes out after what is queued") {
  for (const bool unix_socket : {false, true}) {
    StreamPair pair(unix_socket);
    const std::string written = pair.fill(200'000);
    pair.near.end();
    pair.near.end();
    CHECK(pair.near.ended());
    std::string got;
    CHECK(run_until(pair.loop, [&] {
      got += pair.far.take();
      return pair.far.eof || pair.far.error != 0;
    }));
    CHECK(got == written);
    CHECK(pair.far.error == 0);
  }
}

TEST_CASE("after its own FIN a stream still reads") {
  StreamPair pair;
  pair.near.start_reading();
  pair.near.end();
  CHECK(pair.drain_far(1).empty());
  CHECK(pair.far.eof);
  pair.far.send("answer");
  CHECK(run_until(pair.loop, [&] { return pair.events.read == "answer"; }));
}

TEST_CASE("close says FIN, reset says RST, also while a FIN waits behind what is queued") {
  {
    StreamPair pair;
    pair.near.close();
    CHECK_FALSE(pair.near);
    CHECK(pair.drain_far(1).empty());
    CHECK(pair.far.eof);
  }
  for (const bool ended : {false, true}) {
    StreamPair pair;
    if (ended) {
      pair.fill(200'000);
      pair.near.end();
    }
    pair.near.reset();
    CHECK_FALSE(pair.near);
    pair.near.reset();
    CHECK(run_until(pair.loop, [&] {
      pair.far.take();
      return pair.far.error != 0;
    }));
    CHECK(pair.far.error == ECONNRESET);
  }
}

TEST_CASE("closing drops what is queued and gives its memory back") {
  StreamPair pair;
  pair.fill(300'000);
  CHECK(pair.budget.used() > 0);
  pair.near.reset();
  CHECK(run_until(pair.loop, [&] { return pair.budget.used() == 0; }));
}

TEST_CASE("a queued write that fails is told once, and nothing waits any more") {
  StreamPair pair;
  pair.fill(300'000);
  int errors = 0;
  pair.events.on_any_error = [&] { ++errors; };
  pair.far.reset();
  CHECK(run_until(pair.loop, [&] { return pair.events.write_error.has_value(); }));
  CHECK(*pair.events.write_error < 0);
  CHECK(pair.near.queued() == 0);
  CHECK(pair.near.write({"more"}) != 0);
  CHECK(errors == 1);
  CHECK(pair.budget.used() == 0);
}

TEST_CASE("a write on a connection that is gone fails at once and calls nobody") {
  StreamPair pair;
  pair.far.reset();
  // The first write may still find the socket willing; the kernel then knows better.
  CHECK(run_until(pair.loop, [&] { return pair.near.write({"x"}) != 0; }));
  CHECK_FALSE(pair.events.write_error);
  CHECK(pair.near.queued() == 0);
}

TEST_CASE("a reset that writing was told of is not read as a FIN") {
  {
    StreamPair pair;
    pair.near.start_reading();
    pair.far.reset();
    CHECK(pair.near.write({"x"}) == UV_ECONNRESET);
    CHECK(run_until(pair.loop, [&] { return pair.events.ended.has_value(); }));
    CHECK(*pair.events.ended == UV_ECONNRESET);
  }
  {
    StreamPair pair;
    pair.fill(300'000);
    pair.far.send("half of it");
    pair.far.reset();
    CHECK(run_until(pair.loop, [&] { return pair.events.write_error.has_value(); }));
    pair.near.start_reading();
    CHECK(run_until(pair.loop, [&] { return pair.events.ended.has_value(); }));
    CHECK(*pair.events.ended == UV_ECONNRESET);
  }
}

TEST_CASE("a socket that cannot be watched is closed, not fatal") {
  BufferBudget budget{0};
  ChunkPool chunks{budget, 8};
  Loop loop;
  // epoll_ctl(2) refuses a regular file, as it does anything when there is no room.
  OwnedFd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  CHECK_FALSE(Stream::adopt(loop, chunks, std::move(file), false));
}

TEST_CASE("a FIN that is asked for before the connection stands goes out when it does") {
  for (const std::string written : {"", "bye"}) {
    CAPTURE(written);
    BufferBudget budget{0};
    ChunkPool chunks{budget, 8};
    Loop loop;
    test::Acceptor acceptor(loop, chunks, false);
    test::Recorder near, far;
    Stream stream;
    REQUIRE(Stream::connect(stream, loop, chunks, acceptor.address(), near) == 0);
    CHECK(stream.write({written}) == 0);
    stream.end();
    CHECK(run_until(loop, [&] { return static_cast<bool>(acceptor.accepted); }));
    acceptor.accepted.set_events(far);
    acceptor.accepted.start_reading();
    CHECK(run_until(loop, [&] { return far.ended.has_value(); }));
    CHECK(*far.ended == 0);
    CHECK(far.read == written);
  }
}

TEST_CASE("a stream may be destroyed inside any of its callbacks") {
  SUBCASE("on_read") {
    StreamPair pair;
    pair.events.on_any_read = [&] { pair.near.close(); };
    pair.near.start_reading();
    pair.far.send("x");
    CHECK(run_until(pair.loop, [&] { return !pair.near; }));
    CHECK(pair.events.reads == 1);
  }
  SUBCASE("on_end") {
    StreamPair pair;
    pair.events.on_any_end = [&] { pair.near = Stream{}; };
    pair.near.start_reading();
    pair.far.close();
    CHECK(run_until(pair.loop, [&] { return !pair.near; }));
  }
  SUBCASE("on_drain") {
    StreamPair pair;
    pair.fill(200'000);
    pair.events.on_any_drain = [&] { pair.near.close(); };
    CHECK(run_until(pair.loop, [&] {
      if (pair.near) pair.far.take();
      return !pair.near;
    }));
    CHECK(pair.events.drains == 1);
  }
  SUBCASE("on_write_error") {
    StreamPair pair;
    pair.fill(200'000);
    pair.events.on_any_error = [&] { pair.near.reset(); };
    pair.far.reset();
    CHECK(run_until(pair.loop, [&] { return !pair.near; }));
    CHECK(pair.budget.used() == 0);
  }
}

TEST_CASE("a stream that dies with a write under way is told nothing") {
  StreamPair pair;
  pair.fill(200'000);
  pair.near.close();
  pair.far.close();
  CHECK(run_until(pair.loop, [&] { return pair.budget.used() == 0; }));
  CHECK(pair.events.drains == 0);
  CHECK_FALSE(pair.events.write_error);
}

}  // namespace pinion::uv
