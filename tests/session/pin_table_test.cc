#include "session/pin_table.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "sessions.h"
#include "support/all_sessions.h"

namespace pinion::session {
namespace {

using namespace test;

}  // namespace

TEST_CASE("a session is found by its sid in its pool") {
  PinTable table{100};
  const auto inserted = table.insert(polling("abc", kStart, 45s, 3));
  CHECK(inserted.serial != 0);
  CHECK_FALSE(inserted.replaced);
  CHECK_FALSE(inserted.evicted);
  const auto found = table.find({0, "abc"});
  REQUIRE(found);
  CHECK(found->backend == 3);
  CHECK(found->serial == inserted.serial);
  CHECK(found->time_to_live == 45s);
  CHECK_FALSE(found->has_tunnel);
  CHECK_FALSE(table.find({1, "abc"}));
  CHECK_FALSE(table.find({0, "ab"}));
  CHECK_FALSE(table.find({0, ""}));
}

TEST_CASE("two pools may use the same sid") {
  PinTable table{100};
  table.insert(polling("same", kStart, 45s, 1));
  Session other = polling("same", kStart, 45s, 2);
  other.pool = 1;
  CHECK_FALSE(table.insert(std::move(other)).replaced);
  CHECK(table.find({0, "same"})->backend == 1);
  CHECK(table.find({1, "same"})->backend == 2);
  CHECK(table.size() == 2);
}

TEST_CASE("a sid that is given out again replaces its old session") {
  PinTable table{100};
  const auto first = table.insert(polling("abc", kStart, 45s, 1));
  const auto second = table.insert(polling("abc", kStart + 1s, 45s, 2));
  REQUIRE(second.replaced);
  CHECK(second.replaced->backend == 1);
  CHECK(second.replaced->serial == first.serial);
  CHECK(second.serial != first.serial);
  CHECK(table.size() == 1);
  CHECK(table.find({0, "abc"})->backend == 2);
}

TEST_CASE("what is said of a replaced session does not touch its successor") {
  PinTable table{100};
  const auto first = table.insert(polling("abc"));
  table.begin_request({0, "abc"}, kStart);
  const auto second = table.insert(polling("abc"));
  const SessionKey key{0, "abc"};
  table.end_request(key, first.serial, {.bytes_in = 5}, kStart + 9s);
  table.set_tunnel(key, first.serial, true, 1, kStart + 9s);
  table.publish(key, first.serial, {.bytes_out = 5}, {5}, kStart + 9s);
  CHECK_FALSE(table.upgraded(key, first.serial));
  CHECK_FALSE(table.close(key, first.serial));
  const auto session = table.get(key);
  REQUIRE(session);
  CHECK(session->serial == second.serial);
  CHECK(session->requests == 0);
  CHECK(session->last_seen == kStart);
  CHECK(session->traffic.bytes_in == 0);
  CHECK(session->queued_bytes == 0);
  CHECK_FALSE(session->has_tunnel);
}

TEST_CASE("a session is closed once") {
  PinTable table{100};
  const auto inserted = table.insert(polling("abc"));
  const auto closed = table.close({0, "abc"}, inserted.serial);
  REQUIRE(closed);
  CHECK(closed->sid == "abc");
  CHECK(closed->client == "192.0.2.1");
  CHECK_FALSE(table.close({0, "abc"}, inserted.serial));
  CHECK_FALSE(table.find({0, "abc"}));
  CHECK(table.size() == 0);
}

TEST_CASE("serial 0 closes whichever has the sid") {
  PinTable table{100};
  table.insert(polling("abc"));
  table.insert(polling("abc"));
  CHECK(table.close({0, "abc"}, 0));
  CHECK(table.size() == 0);
}

TEST_CASE("requests add up what they moved") {
  PinTable table{100};
  const auto inserted = table.insert(polling("abc"));
  const SessionKey key{0, "abc"};
  CHECK_FALSE(table.begin_request({0, "unknown"}, kStart));
  REQUIRE(table.begin_request(key, kStart + 1s));
  REQUIRE(table.begin_request(key, kStart + 2s));
  CHECK(table.get(key)->requests == 2);
  table.end_request(key, inserted.serial, {.frames_in = 1, .bytes_in = 10, .paused_ns = 7},
                    kStart + 3s);
  table.end_request(key, inserted.serial, {.frames_out = 2, .bytes_out = 20}, kStart + 4s);
  const auto session = table.get(key);
  CHECK(session->requests == 0);
  CHECK(session->last_seen == kStart + 4s);
  CHECK(session->traffic.frames_in == 1);
  CHECK(session->traffic.frames_out == 2);
  CHECK(session->traffic.bytes_in == 10);
  CHECK(session->traffic.bytes_out == 20);
  CHECK(session->traffic.paused_ns == 7);
}

TEST_CASE("time never runs backwards for a session") {
  PinTable table{100};
  const auto inserted = table.insert(polling("abc", kStart + 10s));
  table.begin_request({0, "abc"}, kStart + 9s);
  table.end_request({0, "abc"}, inserted.serial, {}, kStart + 8s);
  CHECK(table.get({0, "abc"})->last_seen == kStart + 10s);
}

TEST_CASE("an upgrade is told once, and by a session that polled") {
  PinTable table{100};
  const auto inserted = table.insert(polling("abc"));
  const auto direct = table.insert(websocket("def"));
  table.set_tunnel({0, "abc"}, inserted.serial, true, 5, kStart + 1s);
  CHECK(table.get({0, "abc"})->transport == Transport::polling);
  CHECK(table.find({0, "abc"})->has_tunnel);
  CHECK(table.upgraded({0, "abc"}, inserted.serial));
  CHECK_FALSE(table.upgraded({0, "abc"}, inserted.serial));
  CHECK_FALSE(table.upgraded({0, "def"}, direct.serial));
  CHECK_FALSE(table.upgraded({0, "unknown"}, 1));
  CHECK(table.get({0, "abc"})->transport == Transport::websocket);
  CHECK(table.get({0, "abc"})->worker == 5);
}

TEST_CASE("what a client sends is charged to its session alone") {
  PinTable table{100};
  const EventRate rate{.frames = 10, .bytes = 0, .burst = 1s};
  const auto serial = table.insert(polling("abc")).serial;
  const auto other = table.insert(polling("other")).serial;
  CHECK(table.charge({0, "abc"}, serial, rate, {.frames_in = 30}, kStart) == 0s);
  CHECK(table.charge({0, "abc"}, serial + 100, rate, {.frames_in = 30}, kStart) == 0s);
  CHECK(table.charge({0, "abc"}, serial, rate, {.frames_in = 1}, kStart) == 2s);
  CHECK(table.charge({0, "abc"}, serial, rate, {}, kStart) == 2100ms);
  CHECK(table.charge({0, "other"}, other, rate, {}, kStart) == 0s);
}

TEST_CASE("a second WebSocket that got nowhere leaves the session on its first") {
  PinTable table{100};
  const auto inserted = table.insert(polling("abc"));
  const SessionKey key{0, "abc"};
  table.set_tunnel(key, inserted.serial, true, 5, kStart);
  SUBCASE("after the upgrade") {
    table.upgraded(key, inserted.serial);
    table.set_tunnel(key, inserted.serial, true, 5, kStart);
    table.set_tunnel(key, inserted.serial, false, 0, kStart);
  }
  SUBCASE("before it") {
    table.set_tunnel(key, inserted.serial, false, 0, kStart);
    table.upgraded(key, inserted.serial);
  }
  CHECK(table.find(key)->has_tunnel);
  CHECK(table.sweep(kStart + 1h).empty());
}

TEST_CASE("a tunnel publishes what it has moved since it last told") {
  PinTable table{100};
  const auto inserted = table.insert(websocket("abc"));
  const SessionKey key{0, "abc"};
  table.publish(key, inserted.serial, {.frames_in = 1, .bytes_in = 100}, {4000}, kStart + 1s);
  table.publish(key, inserted.serial, {.frames_in = 2, .bytes_in = 50}, {300}, kStart + 2s);
  const auto session = table.get(key);
  CHECK(session->traffic.frames_in == 3);
  CHECK(session->traffic.bytes_in == 150);
  CHECK(session->queued_bytes == 300);
  CHECK(session->last_seen == kStart + 2s);
}

TEST_CASE(
    "what waits for two requests of a session is the session's, until each has told otherwise") {
  PinTable table{100};
  const auto inserted = table.insert(polling("abc"));
  const SessionKey key{0, "abc"};
  const auto tell = [&](const Waiting& before, const Waiting& waiting) {
    table.tell_waiting(key, inserted.serial, before, waiting, 0s);
    const auto session = table.get(key);
    return Waiting{session->queued_bytes, session->condition};
  };
  const Waiting poll{.bytes = 4000, .condition = Condition::stalled};
  const Waiting post{.bytes = 300};
  CHECK(tell({}, poll) == poll);
  CHECK(tell({}, post) == Waiting{4300, Condition::stalled});
  CHECK(tell(post, {.bytes = 100}) == Waiting{4100, Condition::stalled});
  CHECK(tell({.bytes = 100}, {}) == poll);
  CHECK(tell(poll, {}) == Waiting{});
}

TEST_CASE("what a request tells last, behind a tunnel that came and went, takes nothing away") {
  PinTable table{100};
  const auto inserted = table.insert(polling("abc"));
  const SessionKey key{0, "abc"};
  table.tell_waiting(key, inserted.serial, {}, {.bytes = 4000}, 0s);
  table.set_tunnel(key, inserted.serial, true, 0, kStart);
  table.tell_waiting(key, inserted.serial, {.bytes = 4000}, {.bytes = 5000}, 0s);
  CHECK(table.get(key)->queued_bytes == 0);
  table.set_tunnel(key, inserted.serial, false, 0, kStart);
  table.tell_waiting(key, inserted.serial, {.bytes = 5000}, {}, 0s);
  CHECK(table.get(key)->queued_bytes == 0);
}

TEST_CASE("a lost backend takes its sessions along, but for those with a tunnel") {
  PinTable table{1000};
  for (BackendId i = 0; i < 300; ++i) {
    table.insert(i % 3 == 0 ? websocket("s" + std::to_string(i), kStart, 45s, i % 2)
                            : polling("s" + std::to_string(i), kStart, 45s, i % 2));
  }
  table.begin_request({0, "s1"}, kStart);
  const auto dropped = table.drop_backend(1);
  CHECK(dropped.size() == 100);
  for (const Session& session : dropped) {
    CHECK(session.backend == 1);
    CHECK_FALSE(session.has_tunnel);
  }
  CHECK(table.size() == 200);
  CHECK_FALSE(table.find({0, "s1"}));
  CHECK(table.find({0, "s3"}));
  CHECK(table.drop_backend(1).empty());
  CHECK(table.drop_backend(9).empty());
}

TEST_CASE("the list has every session once") {
  PinTable table{1000};
  std::set<std::string> expected;
  for (int i = 0; i < 500; ++i) {
    const std::string sid = "s" + std::to_string(i);
    expected.insert(sid);
    table.insert(i % 2 == 0 ? polling(sid) : websocket(sid));
  }
  const auto all = pinion::test::all_sessions(table);
  CHECK(all.size() == 500);
  std::set<std::string> listed;
  for (const Session& session : all) listed.insert(session.sid);
  CHECK(listed == expected);
  CHECK_FALSE(table.get({0, "s500"}));
}

TEST_CASE("the sessions of one backend, and when each last carried something") {
  PinTable table{100};
  const auto first = table.insert(polling("a", kStart, 45s, 1));
  const auto second = table.insert(websocket("b", kStart, 45s, 1));
  table.insert(polling("c", kStart, 45s, 2));
  REQUIRE(table.list({1}).size() == 2);
  CHECK(table.list({3}).empty());
  CHECK(table.get({0, "a"})->last_moved == kStart);

  table.begin_request({0, "a"}, kStart + 1s);
  table.end_request({0, "a"}, first.serial, {}, kStart + 2s);
  CHECK(table.get({0, "a"})->last_moved == kStart);
  table.begin_request({0, "a"}, kStart + 3s);
  table.end_request({0, "a"}, first.serial, {.frames_out = 1, .beyond_pings = true}, kStart + 4s);
  CHECK(table.get({0, "a"})->last_moved == kStart + 4s);

  table.publish({0, "b"}, second.serial, {.frames_in = 1, .bytes_in = 7}, {}, kStart + 5s);
  CHECK(table.get({0, "b"})->last_moved == kStart);
  // Of a long message.
  table.publish({0, "b"}, second.serial, {.bytes_in = 5, .beyond_pings = true}, {}, kStart + 6s);
  CHECK(table.get({0, "b"})->last_moved == kStart + 6s);
}

}  // namespace pinion::session
