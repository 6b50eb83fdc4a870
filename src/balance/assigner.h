// Chooses a backend and takes the place on it in one step, so that a burst of handshakes over any
// number of workers spreads evenly: what was assigned counts before it is live.
//
// Threads: one assigner a worker (its randomness, its part of ramps and scratch space); the turns
// of round robin are shared.
// Lifetime: as long as the worker.
// Invariants: a backend that ramps up never takes more than RampGate allows, unless no other has
//   room. By least_load, pools above kMostCompared are not looked through: two are drawn.
#pragma once

#include <span>
#include <vector>

#include "balance/policy.h"
#include "balance/ramp_gate.h"
#include "base/clock.h"
#include "base/grow_only.h"
#include "base/ids.h"

namespace pinion::balance {

/// The round robin turns of each pool, by index.
using SharedTurns = GrowOnly<RoundRobinState, kMostPools>;

class Assigner {
 public:
  /// Of larger pools least_load draws two by lot and takes the better one (the power of two
  /// choices).
  static constexpr std::size_t kMostCompared = 64;

  Assigner(SharedTurns& turns, std::uint32_t seed) : turns_(turns), random_(seed) {}

  enum class Refusal : unsigned char {
    none,
    all_full,
    paced,  // there is room, but each backend has had its share of this moment
    no_backend,
  };
  struct Assignment {
    Reservation reservation;
    Refusal refusal = Refusal::none;  // why there is no reservation
  };
  /// What the place is for. A request that heralds a session gets the one that the session would
  /// get, and leaves the turn at that backend, or the try, to the handshake that is to follow.
  enum class Purpose : unsigned char { session, herald };
  /// A place for a new session. Backends that are busy are taken only when no calm one has room
  /// now; those that do not answer or fail their handshakes, and after them those that are down,
  /// only when no other is left, since a backend that lives must never be missed; those that drain
  /// never are. @param tried those that have just failed this handshake
  Assignment assign_session(const BackendSet& set, std::span<Backend* const> tried, TimePoint now,
                            Purpose purpose = Purpose::session);

  /// Those that the last choice was made among; of a large pool the few that were drawn.
  [[nodiscard]] std::span<const Candidate> compared() const noexcept { return candidates_; }

  /// A backend for a request that makes no session: fewest requests in flight per weight. One that
  /// drains answers while no other is up. Null when all were tried.
  Backend* pick_for_request(const BackendSet& set, std::span<Backend* const> tried);

 private:
  enum class Which : unsigned char { answering, draining, silent, down, none };
  template <typename Belongs>
  void collect(const BackendSet& set, std::span<Backend* const> tried, Belongs belongs);
  static Which which_is(const Backend& backend) noexcept;
  static bool is_full_and_well(const Backend& backend, TimePoint now) noexcept;
  static Which which_for_session(const Backend& backend, TimePoint now) noexcept;
  bool collect_for_session(const BackendSet& set, std::span<Backend* const> tried, Which which,
                           TimePoint now);
  bool draw_two(const BackendSet& set, std::span<Backend* const> tried, TimePoint now);
  void weigh_load(Candidate& candidate, TimePoint now);
  bool may_take(PoolId pool, const Candidate& candidate, double fair);
  void hold_back_ramping(PoolId pool);
  void keep_calm_ones(const BackendSet& set);
  bool drop_those_not_due(std::uint32_t rate, TimePoint now);

  SharedTurns& turns_;
  Random random_;
  RampGate gate_;
  std::vector<Candidate> candidates_;
};

}  // namespace pinion::balance
