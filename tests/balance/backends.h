// Backends, and the candidates that policies choose from, made in a line each.
//
// Threads: as what they hold. Lifetime: the backends live as long as this.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "balance/policy.h"

namespace pinion::balance::test {

inline SocketAddress address(std::uint16_t port) {
  return *SocketAddress::from_ip("127.0.0.1", port);
}

class Backends {
 public:
  Backend& add(std::uint32_t weight = 1, std::uint32_t max_sessions = 0) {
    const auto id = static_cast<BackendId>(all_.size());
    all_.push_back(std::make_unique<Backend>(
        BackendIdentity{.id = id,
                        .pool = 0,
                        .pool_name = "chat",
                        .name = "b" + std::to_string(id),
                        .address = address(static_cast<std::uint16_t>(4000 + id)),
                        .weight = weight,
                        .max_sessions = max_sessions}));
    return *all_.back();
  }
  [[nodiscard]] Backend& operator[](std::size_t index) const { return *all_[index]; }
  [[nodiscard]] BackendSet set(config::Balance balance) const {
    BackendSet result{.pool = 0, .balance = balance, .backends = {}};
    for (const auto& backend : all_) result.add(*backend);
    return result;
  }
  /// A candidate with these counts; adds its backend.
  Candidate candidate(std::uint32_t weight, Assigned assigned, std::uint64_t inflight = 0,
                      std::uint64_t queued = 0) {
    return {.backend = &add(weight),
            .assigned = assigned,
            .inflight = inflight,
            .queued = queued,
            .weight = weight * Backend::kWeightUnit};
  }

 private:
  std::vector<std::unique_ptr<Backend>> all_;
};

inline std::uint32_t below(std::uint32_t bound, Random& random) {
  return static_cast<std::uint32_t>(random() % bound);
}

inline Reservation reserve(Backend& backend) {
  return backend.try_reserve(backend.assigned()) ? Reservation(backend) : Reservation{};
}

/// Ten more probes of a backend are answered, which find it so busy.
inline void probe(Backend& backend, double busy_share, TimePoint now, Duration wait = {}) {
  BusyTally tally = backend.probe_reading().tally;
  tally.seconds += 1;
  tally.busy += busy_share;
  tally.squares += 0.1;
  backend.set_probe_reading({.busy_share = busy_share,
                             .wait = wait,
                             .baseline = std::chrono::milliseconds{1},
                             .confidence = 1,
                             .samples = 40,
                             .at = now,
                             .tally = tally});
}

/// How often each candidate is chosen in `rounds`.
template <typename Choose>
std::vector<int> tally(std::size_t candidates, int rounds, Choose choose) {
  std::vector<int> chosen(candidates, 0);
  for (int i = 0; i < rounds; ++i) ++chosen[choose()];
  return chosen;
}

}  // namespace pinion::balance::test
