#include "session/affinity_table.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "sessions.h"

namespace pinion::session {
namespace {

using namespace test;

constexpr Duration kKeep = 300s;
const std::string kId = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

void check_found(AffinityTable& table, AffinityKey key, TimePoint now,
                 AffinityTable::Found expected) {
  const auto found = table.find(key, now);
  REQUIRE(found);
  CHECK(found->backend == expected.backend);
  CHECK(found->in_use == expected.in_use);
  CHECK(found->lived == expected.lived);
}

constexpr AffinityTable::Found in_use(BackendId backend) { return {backend, true, true}; }
constexpr AffinityTable::Found at_rest(BackendId backend) { return {backend, false, true}; }
constexpr AffinityTable::Found heard_of(BackendId backend) { return {backend, false, false}; }

}  // namespace

TEST_CASE("an id is known while its session lives and for a while after it") {
  AffinityTable table{100};
  CHECK_FALSE(table.find({0, kId}, kStart));
  auto* const entry = table.bind({0, kId}, 3, kKeep, kStart);
  CHECK(table.size() == 1);
  check_found(table, {0, kId}, kStart, in_use(3));
  CHECK(table.sweep(kStart + 10 * kKeep) == 0);
  const TimePoint end = kStart + 10 * kKeep;
  table.release(entry, end);
  CHECK(table.sweep(end + kKeep - 1ns) == 0);
  CHECK(table.size() == 1);
  CHECK(table.sweep(end + kKeep) == 1);
  CHECK(table.size() == 0);
  CHECK_FALSE(table.find({0, kId}, end + kKeep));
}

TEST_CASE("what is found of an id that rests") {
  AffinityTable table{100};
  table.release(table.bind({0, kId}, 3, kKeep, kStart), kStart);
  check_found(table, {0, kId}, kStart, at_rest(3));
}

TEST_CASE("ids are told apart by pool and text") {
  AffinityTable table{100};
  table.bind({0, "a"}, 1, kKeep, kStart);
  table.bind({1, "a"}, 2, kKeep, kStart);
  table.bind({0, "ab"}, 3, kKeep, kStart);
  table.bind({0, ""}, 4, kKeep, kStart);
  const std::string longest(kMaxAffinityId, 'a');
  table.bind({0, longest}, 5, kKeep, kStart);
  CHECK(table.size() == 5);
  check_found(table, {0, "a"}, kStart, in_use(1));
  check_found(table, {1, "a"}, kStart, in_use(2));
  check_found(table, {0, "ab"}, kStart, in_use(3));
  check_found(table, {0, ""}, kStart, in_use(4));
  check_found(table, {0, longest}, kStart, in_use(5));
  CHECK_FALSE(table.find({2, "a"}, kStart));
  CHECK_FALSE(table.find({0, std::string_view{"a\0", 2}}, kStart));
}

TEST_CASE("a look-up is a sign of life") {
  AffinityTable table{100};
  table.release(table.bind({0, kId}, 3, kKeep, kStart), kStart);
  table.suggest({0, "heard"}, 3, kKeep, kStart);
  for (int i = 1; i < 5; ++i) {
    CHECK(table.find({0, kId}, kStart + i * kKeep - 1ns));
    CHECK(table.find({0, "heard"}, kStart + i * kKeep - 1ns));
    CHECK(table.sweep(kStart + i * kKeep) == 0);
  }
  CHECK(table.sweep(kStart + 5 * kKeep) == 2);
}

TEST_CASE("a clock that is a little behind does not shorten an id's time") {
  AffinityTable table{100};
  auto* const entry = table.bind({0, kId}, 3, kKeep, kStart + 1s);
  table.release(entry, kStart);
  table.find({0, kId}, kStart);
  CHECK(table.sweep(kStart + kKeep) == 0);
  CHECK(table.sweep(kStart + kKeep + 1s) == 1);
}

TEST_CASE("an id is in use until its last session has ended") {
  AffinityTable table{100};
  auto* const first = table.bind({0, kId}, 3, kKeep, kStart);
  auto* const second = table.bind({0, kId}, 3, kKeep, kStart);
  CHECK(table.size() == 1);
  table.release(first, kStart);
  check_found(table, {0, kId}, kStart, in_use(3));
  table.release(second, kStart + 1s);
  check_found(table, {0, kId}, kStart, at_rest(3));
  CHECK(table.sweep(kStart + kKeep) == 0);
  CHECK(table.sweep(kStart + 1s + kKeep) == 1);
}

TEST_CASE("the latest session says where an id belongs and how long it is kept") {
  AffinityTable table{100};
  auto* const first = table.bind({0, kId}, 1, 10s, kStart);
  auto* const second = table.bind({0, kId}, 2, 20s, kStart);
  check_found(table, {0, kId}, kStart, in_use(2));
  table.release(second, kStart);
  table.release(first, kStart);
  check_found(table, {0, kId}, kStart, at_rest(2));
  CHECK(table.sweep(kStart + 10s) == 0);
  auto* const third = table.bind({0, kId}, 3, 5s, kStart + 10s);
  CHECK(table.sweep(kStart + 100s) == 0);
  table.release(third, kStart + 100s);
  check_found(table, {0, kId}, kStart + 100s, at_rest(3));
  CHECK(table.sweep(kStart + 105s) == 1);
}

TEST_CASE("a suggestion is remembered, and the latest counts") {
  AffinityTable table{100};
  table.suggest({0, kId}, 1, kKeep, kStart);
  check_found(table, {0, kId}, kStart, heard_of(1));
  table.suggest({0, kId}, 2, 2 * kKeep, kStart + 1s);
  check_found(table, {0, kId}, kStart + 1s, heard_of(2));
  CHECK(table.size() == 1);
  CHECK(table.sweep(kStart + 1s + kKeep) == 0);
  CHECK(table.sweep(kStart + 1s + 2 * kKeep) == 1);
}

TEST_CASE("what sessions say outweighs suggestions") {
  AffinityTable table{100};
  table.suggest({0, kId}, 1, kKeep, kStart);
  auto* const entry = table.bind({0, kId}, 2, kKeep, kStart);
  table.suggest({0, kId}, 3, kKeep, kStart);
  check_found(table, {0, kId}, kStart, in_use(2));
  table.release(entry, kStart);
  table.suggest({0, kId}, 4, 9 * kKeep, kStart + 1s);
  check_found(table, {0, kId}, kStart, at_rest(2));
  CHECK(table.size() == 1);
  CHECK(table.sweep(kStart + kKeep) == 1);
  table.suggest({0, kId}, 5, kKeep, kStart);
  check_found(table, {0, kId}, kStart, heard_of(5));
}

TEST_CASE("an id whose last session was taken away belongs to none") {
  AffinityTable table{100};
  table.forget(table.bind({0, kId}, 1, kKeep, kStart));
  CHECK_FALSE(table.find({0, kId}, kStart));
  CHECK(table.size() == 0);
  auto* const first = table.bind({0, kId}, 1, kKeep, kStart);
  auto* const second = table.bind({0, kId}, 2, kKeep, kStart);
  table.forget(first);
  check_found(table, {0, kId}, kStart, in_use(2));
  table.forget(second);
  CHECK_FALSE(table.find({0, kId}, kStart));
  auto* const third = table.bind({0, kId}, 3, kKeep, kStart);
  auto* const fourth = table.bind({0, kId}, 3, kKeep, kStart);
  table.forget(third);
  table.release(fourth, kStart);
  check_found(table, {0, kId}, kStart, at_rest(3));
}

TEST_CASE("a full table evicts the longest idle") {
  AffinityTable table{3};
  const auto rest = [&](const std::string& id, TimePoint now, Duration keep = kKeep) {
    table.release(table.bind({0, id}, 0, keep, kStart), now);
  };
  // In the order of time, as calls come: which ids share a shard is a matter of chance.
  rest("b", kStart + 1s);
  rest("c", kStart + 2s, 9 * kKeep);
  rest("a", kStart + 3s);
  CHECK(table.evicted() == 0);
  rest("d", kStart + 4s);
  CHECK(table.evicted() == 1);
  CHECK_FALSE(table.find({0, "b"}, kStart + 5s));
  CHECK(table.find({0, "c"}, kStart + 5s));
  rest("e", kStart + 6s);
  CHECK_FALSE(table.find({0, "a"}, kStart + 7s));
  CHECK(table.size() == 3);
  CHECK(table.evicted() == 2);
  CHECK(table.sweep(kStart + 6s + 9 * kKeep) == 3);
}

TEST_CASE("a client that names one id after another pushes out no id that has lived") {
  AffinityTable table{10};
  for (int i = 0; i < 5; ++i) {
    table.release(table.bind({0, "lived" + std::to_string(i)}, 0, kKeep, kStart), kStart);
  }
  for (int i = 0; i < 1000; ++i) {
    table.suggest({0, "named" + std::to_string(i)}, 0, kKeep, kStart + 1s + Duration{i});
  }
  CHECK(table.evicted() == 995);
  for (int i = 0; i < 5; ++i) CHECK(table.find({0, "lived" + std::to_string(i)}, kStart + 2s));
  CHECK(table.find({0, "named999"}, kStart + 2s));
  // One that sessions have meanwhile is no longer only named.
  table.release(table.bind({0, "named999"}, 0, kKeep, kStart + 2s), kStart + 2s);
  for (int i = 0; i < 1000; ++i) table.suggest({0, std::to_string(i)}, 0, kKeep, kStart + 3s);
  check_found(table, {0, "named999"}, kStart + 4s, at_rest(0));
  // Where all have lived, nothing more is heard of.
  for (int i = 0; i < 10; ++i) {
    table.release(table.bind({0, std::to_string(i)}, 0, kKeep, kStart), kStart + 4s);
  }
  table.suggest({0, "late"}, 0, kKeep, kStart + 5s);
  CHECK_FALSE(table.find({0, "late"}, kStart + 5s));
}

TEST_CASE("ids that are held are not evicted and do not count") {
  AffinityTable table{1};
  std::vector<AffinityTable::Entry*> held;
  held.reserve(200);
  for (int i = 0; i < 200; ++i) {
    held.push_back(table.bind({0, std::to_string(i)}, 0, kKeep, kStart));
  }
  CHECK(table.size() == 200);
  table.suggest({0, "heard"}, 0, kKeep, kStart);
  CHECK(table.evicted() == 0);
  table.release(held[7], kStart + 1s);
  CHECK(table.evicted() == 1);
  CHECK_FALSE(table.find({0, "heard"}, kStart));
  held[7] = table.bind({0, "7"}, 0, kKeep, kStart + 2s);
  table.suggest({0, "heard"}, 0, kKeep, kStart + 2s);
  CHECK(table.evicted() == 1);
  CHECK(table.size() == 201);
  for (auto* const entry : held) table.forget(entry);
  CHECK(table.size() == 1);
}

TEST_CASE("a table for nothing keeps what is held") {
  AffinityTable table{0};
  table.suggest({0, kId}, 1, kKeep, kStart);
  CHECK(table.size() == 0);
  auto* const entry = table.bind({0, kId}, 1, kKeep, kStart);
  check_found(table, {0, kId}, kStart, in_use(1));
  table.release(entry, kStart);
  CHECK(table.size() == 0);
}

TEST_CASE("an entry stays where it is while somebody holds it") {
  AffinityTable table{100'000};
  auto* const entry = table.bind({0, kId}, 1, kKeep, kStart);
  for (int i = 0; i < 20'000; ++i) table.suggest({0, std::to_string(i)}, 0, kKeep, kStart);
  CHECK(table.bind({0, kId}, 2, kKeep, kStart) == entry);
  CHECK(table.size() == 20'001);
  CHECK(table.find({0, "19999"}, kStart));
}

}  // namespace pinion::session
