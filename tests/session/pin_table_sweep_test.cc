// Sessions that leave by themselves: after their time to live, or for want of room.
#include <doctest/doctest.h>

#include <algorithm>

#include "session/pin_table.h"
#include "sessions.h"

namespace pinion::session {
namespace {

using namespace test;

std::vector<std::string> sids(const std::vector<Session>& sessions) {
  std::vector<std::string> all;
  all.reserve(sessions.size());
  for (const Session& session : sessions) all.push_back(session.sid);
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace

TEST_CASE("a session expires its time to live after its last sign of life") {
  PinTable table{100};
  const auto inserted = table.insert(polling("abc", kStart, 45s));
  CHECK(table.sweep(kStart + 44s).empty());
  table.begin_request({0, "abc"}, kStart + 44s);
  table.end_request({0, "abc"}, inserted.serial, {}, kStart + 50s);
  CHECK(table.sweep(kStart + 94s).empty());
  const auto expired = table.sweep(kStart + 95s);
  REQUIRE(expired.size() == 1);
  CHECK(expired[0].sid == "abc");
  CHECK(table.size() == 0);
}

TEST_CASE("each session has a time to live of its own") {
  PinTable table{1000};
  for (int i = 0; i < 100; ++i) {
    table.insert(polling("long" + std::to_string(i), kStart, 85s));
    table.insert(polling("short" + std::to_string(i), kStart, 2s));
  }
  for (int i = 0; i < 100; ++i) {
    table.insert(polling("middle" + std::to_string(i), kStart + 1s, 45s));
  }
  CHECK(table.sweep(kStart + 1999ms).empty());
  CHECK(table.sweep(kStart + 2s).size() == 100);
  CHECK(table.sweep(kStart + 45s).empty());
  CHECK(table.sweep(kStart + 46s).size() == 100);
  CHECK(table.sweep(kStart + 84s).empty());
  CHECK(table.sweep(kStart + 85s).size() == 100);
  CHECK(table.size() == 0);
}

TEST_CASE("a session with a poll in flight is not swept") {
  PinTable table{100};
  const auto inserted = table.insert(polling("abc"));
  table.begin_request({0, "abc"}, kStart);
  CHECK(table.sweep(kStart + 1h).empty());
  table.end_request({0, "abc"}, inserted.serial, {}, kStart + 1h);
  CHECK(table.sweep(kStart + 1h + 44s).empty());
  CHECK(table.sweep(kStart + 1h + 45s).size() == 1);
}

TEST_CASE("a session with a tunnel is not swept until it has lost it") {
  PinTable table{100};
  const auto inserted = table.insert(polling("abc"));
  table.insert(websocket("def"));
  table.set_tunnel({0, "abc"}, inserted.serial, true, 0, kStart);
  CHECK(table.sweep(kStart + 1h).empty());
  table.set_tunnel({0, "abc"}, inserted.serial, false, 0, kStart + 1h);
  CHECK(table.sweep(kStart + 1h + 44s).empty());
  CHECK(sids(table.sweep(kStart + 1h + 45s)) == std::vector<std::string>{"abc"});
}

TEST_CASE("many sessions expire around one that is busy") {
  PinTable table{1000};
  for (int i = 0; i < 300; ++i) table.insert(polling("s" + std::to_string(i)));
  table.begin_request({0, "s150"}, kStart);
  CHECK(table.sweep(kStart + 45s).size() == 299);
  CHECK(table.find({0, "s150"}));
}

TEST_CASE("a full table evicts the longest idle") {
  PinTable table{64};
  for (int i = 0; i < 64; ++i) {
    CHECK_FALSE(table.insert(polling("s" + std::to_string(i), kStart + i * 1s)).evicted);
  }
  table.begin_request({0, "s0"}, kStart + 100s);
  const auto first = table.insert(polling("new", kStart + 101s));
  REQUIRE(first.evicted);
  CHECK(first.evicted->sid == "s1");
  CHECK(table.size() == 64);
  const auto second = table.insert(polling("newer", kStart + 102s));
  REQUIRE(second.evicted);
  CHECK(second.evicted->sid == "s2");
  CHECK(table.find({0, "s0"}));
}

TEST_CASE("a full table rather evicts one that waits for nothing than one whose poll is pending") {
  PinTable table{64};
  for (int i = 0; i < 64; ++i) table.insert(polling("s" + std::to_string(i), kStart + i * 1s));
  // All but one wait for their poll, and began to before that one was last heard of.
  for (int i = 0; i < 63; ++i) table.begin_request({0, "s" + std::to_string(i)}, kStart + 63s);
  table.begin_request({0, "s63"}, kStart + 64s);
  table.end_request({0, "s63"}, 0, {}, kStart + 65s);
  const auto first = table.insert(polling("new", kStart + 75s));
  REQUIRE(first.evicted);
  CHECK(first.evicted->sid == "s63");
}

TEST_CASE("a full table in which every poll is pending evicts the one that began first") {
  PinTable table{64};
  for (int i = 0; i < 64; ++i) table.insert(polling("s" + std::to_string(i), kStart + i * 1s));
  for (int i = 63; i >= 0; --i)
    table.begin_request({0, "s" + std::to_string(i)}, kStart + (200s - i * 1s));
  const auto first = table.insert(polling("new", kStart + 300s));
  REQUIRE(first.evicted);
  CHECK(first.evicted->sid == "s63");
  const auto next = table.insert(polling("newer", kStart + 301s));
  REQUIRE(next.evicted);
  CHECK(next.evicted->sid == "s62");
}

TEST_CASE("replacing a session in a full table evicts nobody") {
  PinTable table{64};
  for (int i = 0; i < 64; ++i) table.insert(polling("s" + std::to_string(i)));
  const auto inserted = table.insert(polling("s5", kStart + 1s));
  CHECK(inserted.replaced);
  CHECK_FALSE(inserted.evicted);
}

TEST_CASE("sessions with a tunnel are never evicted") {
  PinTable table{64};
  table.insert(polling("idle", kStart + 1s));
  for (int i = 0; i < 63; ++i) table.insert(websocket("w" + std::to_string(i), kStart));
  const auto inserted = table.insert(websocket("one more", kStart + 2s));
  CHECK_FALSE(inserted.evicted);
  CHECK(table.size() == 65);
  for (int i = 0; i < 63; ++i) CHECK(table.find({0, "w" + std::to_string(i)}));
  CHECK(table.find({0, "one more"}));
}

// Its client would be told "unknown" with its first poll, handshake anew, and so on without end.
TEST_CASE("a new session is not evicted by its own insertion when tunnels fill the table") {
  PinTable table{64};
  for (int i = 0; i < 70; ++i) table.insert(websocket("w" + std::to_string(i)));
  const auto inserted = table.insert(polling("new", kStart + 1s));
  CHECK_FALSE(inserted.evicted);
  CHECK(table.find({0, "new"}));
}

}  // namespace pinion::session
