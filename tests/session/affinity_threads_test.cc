// Many threads on few ids: holders are counted right, and a held id is never lost.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "session/affinity_table.h"
#include "sessions.h"

namespace pinion::session {
namespace {

using namespace test;

struct AffinityTally {
  std::atomic<std::size_t> swept{0};
  std::atomic<std::size_t> lost{0};  // ids that were held and not found
};

void use_ids(AffinityTable& table, AffinityTally& tally, unsigned seed) {
  std::mt19937 random{seed};
  for (int i = 0; i < 4000; ++i) {
    const std::string id = "id" + std::to_string(below(200, random));
    const AffinityKey key{0, id};
    const TimePoint now = kStart + std::chrono::milliseconds{i};
    const Duration keep = std::chrono::milliseconds{10 * (1 + below(3, random))};
    switch (below(6, random)) {
      case 0:
      case 1:
      case 2: {
        auto* const entry = table.bind(key, below(5, random), keep, now);
        const auto found = table.find(key, now);
        if (!found || !found->in_use || !found->lived) ++tally.lost;
        if (below(2, random) == 0) {
          table.release(entry, now);
        } else {
          table.forget(entry);
        }
        break;
      }
      case 3:
        table.suggest(key, below(5, random), keep, now);
        break;
      case 4:
        table.find(key, now);
        break;
      default:
        if (i % 16 == 0) tally.swept += table.sweep(now);
        break;
    }
  }
}

}  // namespace

TEST_CASE("ids that many threads hold are all given back") {
  AffinityTable table{60};
  AffinityTally tally;
  std::vector<std::thread> threads;
  threads.reserve(6);
  for (unsigned t = 1; t <= 6; ++t) {
    threads.emplace_back([&table, &tally, t] { use_ids(table, tally, t); });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(tally.lost == 0);
  CHECK(table.size() <= 60);
  CHECK(table.evicted() > 0);
  const std::size_t left = table.size();
  CHECK(table.sweep(kStart + 1h) == left);
  CHECK(table.size() == 0);
}

}  // namespace pinion::session
