// The table of ids against a model that is too simple to be wrong, over random sequences.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "session/affinity_table.h"
#include "sessions.h"
#include "support/splits.h"

namespace pinion::session {
namespace {

using namespace test;

class AffinityModel {
 public:
  explicit AffinityModel(std::size_t capacity) : capacity_(capacity) {}

  struct Id {
    BackendId backend = 0;
    std::size_t holders = 0;
    bool lived = false;
    Duration keep{};
    TimePoint last_use{};
  };
  std::map<std::string, Id> ids;
  std::uint64_t evicted = 0;

  void find(const std::string& id, TimePoint now) {
    if (ids.contains(id) && ids[id].holders == 0) ids[id].last_use = now;
  }
  void bind(const std::string& id, BackendId backend, Duration keep, TimePoint now) {
    ids[id] = {backend, ids[id].holders + 1, true, keep, now};
  }
  void suggest(const std::string& id, BackendId backend, Duration keep, TimePoint now) {
    if (ids.contains(id) && ids[id].lived) return;
    ids[id] = {backend, 0, false, keep, now};
    evict();
  }
  void release(const std::string& id, TimePoint now) {
    if (--ids[id].holders > 0) return;
    ids[id].last_use = now;
    evict();
  }
  void forget(const std::string& id) {
    if (--ids[id].holders == 0) ids.erase(id);
  }
  std::size_t sweep(TimePoint now) {
    return std::erase_if(ids, [&](const auto& entry) {
      return entry.second.holders == 0 && now - entry.second.last_use >= entry.second.keep;
    });
  }

 private:
  void evict() {
    const auto rests = [](const auto& entry) { return entry.second.holders == 0; };
    if (static_cast<std::size_t>(std::ranges::count_if(ids, rests)) <= capacity_) return;
    const auto rank = [](const Id& id) { return std::pair{id.lived, id.last_use}; };
    auto lowest = ids.end();
    for (auto at = ids.begin(); at != ids.end(); ++at) {
      if (!rests(*at)) continue;
      if (lowest == ids.end() || rank(at->second) < rank(lowest->second)) lowest = at;
    }
    ids.erase(lowest);
    ++evicted;
  }

  std::size_t capacity_;
};

void compare(AffinityTable& table, AffinityModel& model, const std::string& id, TimePoint now) {
  REQUIRE(table.size() == model.ids.size());
  REQUIRE(table.evicted() == model.evicted);
  const auto found = table.find({0, id}, now);
  model.find(id, now);
  REQUIRE(found.has_value() == model.ids.contains(id));
  if (!found) return;
  REQUIRE(found->backend == model.ids[id].backend);
  REQUIRE(found->in_use == (model.ids[id].holders > 0));
  REQUIRE(found->lived == model.ids[id].lived);
}

struct HeldId {
  std::string id;
  AffinityTable::Entry* entry = nullptr;
};

HeldId take_any(std::vector<HeldId>& held, std::mt19937& random) {
  std::swap(held[below(static_cast<std::uint32_t>(held.size()), random)], held.back());
  HeldId taken = std::move(held.back());
  held.pop_back();
  return taken;
}

void run_affinity(AffinityTable& table, AffinityModel& model, std::mt19937& random) {
  std::vector<HeldId> held;
  TimePoint now = kStart;
  for (int step = 0; step < 3000; ++step) {
    now += std::chrono::milliseconds{1 + below(50, random)};
    const std::string id = "id" + std::to_string(below(60, random));
    const BackendId backend = below(5, random);
    const Duration keep = std::chrono::milliseconds{200 * (1 + below(4, random))};
    const auto action = below(7, random);
    if (action <= 1) {
      held.push_back({id, table.bind({0, id}, backend, keep, now)});
      model.bind(id, backend, keep, now);
    } else if (action == 2) {
      table.suggest({0, id}, backend, keep, now);
      model.suggest(id, backend, keep, now);
    } else if (action == 3) {
      REQUIRE(table.sweep(now) == model.sweep(now));
    } else if (action == 4) {
      compare(table, model, id, now);
    } else if (!held.empty()) {
      const HeldId done = take_any(held, random);
      if (action == 5) {
        table.release(done.entry, now);
        model.release(done.id, now);
      } else {
        table.forget(done.entry);
        model.forget(done.id);
      }
    }
    REQUIRE(table.size() == model.ids.size());
  }
}

}  // namespace

TEST_CASE("the table of ids does what the model does") {
  auto random = pinion::test::repeatable(31);
  for (const std::size_t capacity : {1U, 5U, 20U, 100U}) {
    CAPTURE(capacity);
    AffinityTable table{capacity};
    AffinityModel model{capacity};
    run_affinity(table, model, random);
  }
}

}  // namespace pinion::session
