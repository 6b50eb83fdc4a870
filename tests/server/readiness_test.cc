#include "readiness.h"

#include <doctest/doctest.h>

#include "balance/backends.h"
#include "support/start.h"

namespace pinion {
namespace {

using test::kStart;

struct TwoPools {
  TwoPools() {
    auto config = std::make_shared<config::Config>();
    config->pools.resize(2);
    config->pools[0].name = "chat";
    config->pools[1].name = "game";
    for (PoolId pool = 0; pool < 2; ++pool) {
      auto set = std::make_shared<balance::BackendSet>();
      set->pool = pool;
      set->add(backends.add());
      running.backends.push_back(std::move(set));
    }
    running.config = config;
  }

  balance::test::Backends backends;
  RunningConfig::Snapshot running;
};

}  // namespace

TEST_CASE("pinion is ready when each pool has a backend that takes sessions") {
  TwoPools pools;
  CHECK(why_not_ready(pools.running, kStart).empty());
  pools.backends[1].set_draining(true);
  CHECK(why_not_ready(pools.running, kStart) == "pool game has no backend that takes sessions");
  pools.backends[1].set_draining(false);
  CHECK(why_not_ready(pools.running, kStart).empty());
}

TEST_CASE("a pool that was taken out of the config is not waited for") {
  TwoPools pools;
  pools.backends[0].set_draining(true);
  auto config = std::make_shared<config::Config>(*pools.running.config);
  config->pools[0].retired = true;
  pools.running.config = config;
  CHECK(why_not_ready(pools.running, kStart).empty());
}

}  // namespace pinion
