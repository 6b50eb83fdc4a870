// Looks after all backends: each has its own probes (BackendProbe); this wakes them when they are
// due, and at once those under suspicion.
//
// Threads: the main thread's loop.
// Lifetime: the loop, the events and the backends outlive it.
// Invariants: a backend has one BackendProbe for as long as it is watched.
#pragma once

#include <memory>
#include <set>
#include <unordered_map>
#include <utility>

#include "balance/backend_set.h"
#include "health/backend_probe.h"
#include "uv/exact_timer.h"
#include "uv/timer.h"

namespace pinion::health {

class Prober final : private uv::Timer::Handler, private BackendProbe::Agenda {
 public:
  Prober(uv::Loop& loop, ProbeEvents& events, std::shared_ptr<const config::Config> config);
  ~Prober();
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

  /// Followed from the next watch() on: where probes are to be others, new ones begin;
  /// where only what follows from them differs, what has been measured stays.
  void set_config(std::shared_ptr<const config::Config> config) noexcept {
    config_ = std::move(config);
  }
  /// Which backends to look after; those that are new are probed at once.
  void watch(const balance::BackendSets& sets);

 private:
  // Wakes those that are due; the ticker looks for suspicions.
  struct Alarm final : uv::Timer::Handler {
    explicit Alarm(Prober& owner) noexcept : prober(owner) {}
    void on_tick() noexcept override { prober.wake_those_due(); }
    Prober& prober;
  };
  struct Watched {
    std::unique_ptr<BackendProbe> probe;
    TimePoint on_agenda{};  // its key there
  };

  void on_tick() noexcept override;
  void on_new_time(BackendProbe& probe) noexcept override;
  uv::Timer::Handler& as_ticker() noexcept { return *this; }
  BackendProbe::Agenda& as_agenda() noexcept { return *this; }
  void wake_those_due() noexcept;
  void place(Watched& watched);
  void set_alarm();

  uv::Loop& loop_;
  ProbeEvents& events_;
  std::shared_ptr<const config::Config> config_;
  std::unordered_map<BackendId, Watched> watched_;
  std::set<std::pair<TimePoint, BackendId>> agenda_;
  Alarm alarm_{*this};
  uv::ExactTimer timer_;
  uv::Timer ticker_;
};

}  // namespace pinion::health
