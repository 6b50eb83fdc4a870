#include "session/pin_index.h"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <string>

#include "sessions.h"
#include "support/splits.h"

namespace pinion::session {
namespace {

using namespace test;

PinIndex::Entry* look_for(const PinIndex& index, const std::string& sid) {
  const SessionKey key{0, sid};
  return index.find(key, PinIndex::hash_of(key));
}

PinIndex::Entry& add_to(PinIndex& index, const std::string& sid, BackendId backend) {
  auto entry = PinIndex::make(polling(sid, kStart, std::chrono::seconds{45}, backend));
  const auto hash = PinIndex::hash_of(entry->key());
  return index.add(std::move(entry), hash);
}

std::size_t entries_in(const PinIndex& index) {
  std::size_t all = 0;
  index.for_each([&](const PinIndex::Entry&) { ++all; });
  return all;
}

}  // namespace

TEST_CASE("an empty index knows nobody") {
  const PinIndex index;
  CHECK(look_for(index, "a") == nullptr);
  CHECK(entries_in(index) == 0);
}

TEST_CASE("entries stay where they are, and come out whole") {
  PinIndex index;
  PinIndex::Entry& first = add_to(index, "a sid that is longer than most", 7);
  for (unsigned i = 0; i < 1000; ++i) add_to(index, std::to_string(i), 1);
  CHECK(look_for(index, "a sid that is longer than most") == &first);
  const Session session = index.take_out(first);
  CHECK(session.sid == "a sid that is longer than most");
  CHECK(session.backend == 7);
  CHECK(look_for(index, "a sid that is longer than most") == nullptr);
  CHECK(entries_in(index) == 1000);
}

TEST_CASE("pools have sids of their own, and a text may be empty") {
  PinIndex index;
  add_to(index, "", 3);
  CHECK(look_for(index, "")->session.backend == 3);
  const SessionKey elsewhere{1, ""};
  CHECK(index.find(elsewhere, PinIndex::hash_of(elsewhere)) == nullptr);
}

TEST_CASE("whoever comes and goes, the others are found: gaps are closed, also around the end") {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    auto random = pinion::test::repeatable(seed);
    PinIndex index;
    std::map<std::string, BackendId> model;
    for (unsigned step = 0; step < 1500; ++step) {
      // Up to some hundred and down to none, so that the slots grow and shrink.
      const unsigned limit = step % 500 < 250 ? 400 : 1;
      const std::string sid = std::to_string(below(limit > 1 ? 400 : 40, random));
      if (PinIndex::Entry* const there = look_for(index, sid)) {
        REQUIRE(there->session.backend == model.at(sid));
        REQUIRE(index.take_out(*there).sid == sid);
        model.erase(sid);
      } else if (model.size() < limit) {
        const BackendId backend = below(1000, random);
        add_to(index, sid, backend);
        model.emplace(sid, backend);
      } else {
        const std::string gone = model.begin()->first;
        index.take_out(*look_for(index, gone));
        model.erase(gone);
      }
      for (const auto& [known, backend] : model) {
        REQUIRE(look_for(index, known) != nullptr);
        REQUIRE(look_for(index, known)->session.backend == backend);
      }
      REQUIRE(entries_in(index) == model.size());
    }
  }
}

}  // namespace pinion::session
