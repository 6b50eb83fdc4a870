// A backend that is probed, and what its probes tell.
//
// Threads: the loop's.
#pragma once

#include <uv.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include "balance/registry.h"
#include "health/prober.h"
#include "uv/run_until.h"

namespace pinion::health::test {

struct Seen {
  balance::ProbeResult result;
  int status;
};

struct SeenProbes final : ProbeEvents {
  void on_probe(balance::Backend& backend, const ProbeOutcome& outcome) noexcept override {
    seen.push_back({outcome.result, outcome.status});
    if (outcome.result == balance::ProbeResult::ok) {
      backend.health().answered(monotonic_now());
    } else if (outcome.result == balance::ProbeResult::connect && outcome.status != UV_ETIMEDOUT) {
      backend.health().connect_failed(monotonic_now());
    } else {
      backend.health().failed(fault_of(outcome), monotonic_now());
    }
  }
  [[nodiscard]] std::size_t count(balance::ProbeResult result) const {
    return static_cast<std::size_t>(std::count_if(
        seen.begin(), seen.end(), [&](const Seen& each) { return each.result == result; }));
  }
  std::vector<Seen> seen;
};

inline std::shared_ptr<const config::Config> config_with(config::HealthKind kind, Duration timeout,
                                                         std::uint32_t expect = 0) {
  auto config = std::make_shared<config::Config>();
  config::Pool pool;
  pool.socketio_path = "/socket.io/";
  pool.health = {.kind = kind,
                 .path = "",
                 .expect = expect,
                 .interval = std::chrono::milliseconds{100},
                 .timeout = timeout,
                 .rise = 2,
                 .fall = 3};
  config->pools.push_back(pool);
  return config;
}

struct Probed {
  explicit Probed(config::HealthKind kind = config::HealthKind::engineio,
                  Duration timeout = std::chrono::seconds{20}, std::uint32_t expect = 0)
      : prober(loop, events, config_with(kind, timeout, expect)) {}

  balance::Backend& watch(const SocketAddress& address) {
    balance::Backend* const backend =
        registry.find_or_add({.pool_name = "chat", .name = "b", .address = address});
    set = std::make_shared<balance::BackendSet>();
    set->add(*backend);
    prober.watch({set});
    return *backend;
  }
  void follow(std::shared_ptr<const config::Config> config) {
    prober.set_config(std::move(config));
    prober.watch({set});
  }
  bool until(const std::function<bool()>& condition) {
    return uv::test::run_until(loop, condition);
  }

  uv::Loop loop;
  SeenProbes events;
  balance::Registry registry;
  std::shared_ptr<balance::BackendSet> set;
  Prober prober;
};

}  // namespace pinion::health::test
