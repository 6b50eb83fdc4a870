// What is told of a session from its numbers: rates, round-trip times, state.
#include "session/state.h"

#include <doctest/doctest.h>

#include "support/start.h"

namespace pinion::session {
namespace {

using namespace std::chrono_literals;
using pinion::test::kStart;

Session example() { return {{.last_moved = kStart, .opened = kStart, .last_seen = kStart}, "abc"}; }

}  // namespace

TEST_CASE("rates decay, and tell a steady stream as it is") {
  Session session = example();
  TimePoint now = kStart;
  for (int i = 0; i < 300; ++i) {
    now += 100ms;
    session.seen(now);
    session.pass({.frames_in = 1, .frames_out = 4, .bytes_in = 10, .bytes_out = 1000});
  }
  CHECK(session.rates.frames_in == doctest::Approx(10).epsilon(0.03));
  CHECK(session.rates.frames_out == doctest::Approx(40).epsilon(0.03));
  CHECK(session.rates.bytes_in == doctest::Approx(100).epsilon(0.03));
  CHECK(session.rates.bytes_out == doctest::Approx(10'000).epsilon(0.03));
  const float before = session.rates.frames_out;
  session.seen(now + Rates::kDecay);
  CHECK(session.rates.frames_out == doctest::Approx(before / 2.71828).epsilon(0.001));
  // The past does not come back.
  session.seen(now);
  CHECK(session.last_seen == now + Rates::kDecay);
}

TEST_CASE("the answering side of a ping is measured") {
  PingClock clock;
  CHECK(clock.seen() == "not_yet");
  clock.note(PingNote::pong_of_client, kStart);
  CHECK_FALSE(clock.round_trip());
  clock.note(PingNote::ping_of_backend, kStart);
  clock.note(PingNote::pong_of_backend, kStart + 1ms);
  CHECK_FALSE(clock.round_trip());
  clock.note(PingNote::ping_of_backend, kStart + 5ms);  // the first is still unanswered
  clock.note(PingNote::pong_of_client, kStart + 12ms);
  CHECK(clock.round_trip() == 12ms);
  CHECK(clock.seen() == "client");
  clock.note(PingNote::pong_of_client, kStart + 20ms);
  CHECK(clock.round_trip() == 12ms);

  PingClock v3;
  v3.note(PingNote::ping_of_client, kStart);
  v3.note(PingNote::pong_of_backend, kStart + 250us);
  CHECK(v3.round_trip() == 250us);
  CHECK(v3.seen() == "backend");
}

TEST_CASE("compressed pings are said to be, until one is seen after all") {
  PingClock clock;
  clock.note(PingNote::compressed, kStart);
  CHECK(clock.seen() == "compressed");
  CHECK_FALSE(clock.round_trip());
  clock.note(PingNote::ping_of_backend, kStart);
  clock.note(PingNote::pong_of_client, kStart + 3ms);
  clock.note(PingNote::compressed, kStart + 4ms);
  CHECK(clock.seen() == "client");
}

TEST_CASE("a round trip longer than 32 bits of microseconds is cut") {
  PingClock clock;
  clock.note(PingNote::ping_of_backend, kStart);
  clock.note(PingNote::pong_of_client, kStart + 5h);
  CHECK(clock.round_trip() > 71min);
}

TEST_CASE("the state of a session") {
  Session session = example();
  CHECK(state_of(session, kStart) == State::handshaking);
  session.pass({.frames_in = 1, .frames_out = 1, .bytes_in = 30, .bytes_out = 40});
  CHECK(state_of(session, kStart) == State::active);
  CHECK(state_of(session, kStart + 1min) == State::idle);

  SUBCASE("a client that is joined by its server need not say anything") {
    Session silent = example();
    silent.dialect.revision = 3;
    CHECK(state_of(silent, kStart) == State::active);
    CHECK(state_of(silent, kStart + 10s) == State::idle);
  }
  SUBCASE("pings alone are no activity, however many they are") {
    session.seen(kStart + 1min);
    session.pass({.frames_in = 50, .frames_out = 50, .bytes_in = 450, .bytes_out = 250});
    CHECK(state_of(session, kStart + 1min) == State::idle);
  }
  SUBCASE("who has had much rests as soon as anybody") {
    session.pass({.frames_out = 1, .bytes_out = 10'000'000});
    CHECK(state_of(session, kStart + 9s) == State::active);
    CHECK(state_of(session, kStart + 10s) == State::idle);
  }
  SUBCASE("nobody rests in the middle of a message") {
    session.mid_message = true;
    CHECK(state_of(session, kStart + 1min) == State::active);
  }
  SUBCASE("a stream is told from a single event") {
    session.pass({.frames_out = 10, .bytes_out = 1000});
    CHECK(state_of(session, kStart) == State::active);
    session.pass({.frames_out = 20, .bytes_out = 2000});
    CHECK(state_of(session, kStart) == State::streaming);
    CHECK(state_of(session, kStart + 9s) == State::active);
  }
  SUBCASE("what holds it up comes first") {
    session.pass({.frames_out = 100, .bytes_out = 10'000});
    session.condition = Condition::stalled;
    CHECK(state_of(session, kStart) == State::stalled);
    session.condition = Condition::limited;
    CHECK(state_of(session, kStart) == State::limited);
    session.condition = Condition::closing;
    CHECK(state_of(session, kStart) == State::closing);
  }
  CHECK(to_string(State::closing) == "closing");
  CHECK(to_string(State::streaming) == "streaming");
}

}  // namespace pinion::session
