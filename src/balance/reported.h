// What a backend says of itself: its load (ORCA), and what its agent wants done with it.
//
// Threads: any; the load comes with answers on any worker, the agent's word on the main thread.
// Lifetime: part of its Backend.
// Invariants: a report of the load is believed for the time that comes with it; the agent's word
//   stands until it says another.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "balance/agent_line.h"
#include "balance/orca.h"
#include "base/clock.h"

namespace pinion::balance {

class ReportedLoad {
 public:
  /// @param field the value of kOrcaField in an answer
  /// @param sessions that the backend has now
  void take(std::string_view field, const ReportRules& rules, std::uint64_t sessions,
            TimePoint now);
  [[nodiscard]] std::optional<double> get(TimePoint now) const noexcept {
    if (now.time_since_epoch().count() >= until_.load(std::memory_order_relaxed)) {
      return std::nullopt;
    }
    return load_.load(std::memory_order_relaxed);
  }

  /// Whoever said it is no longer there.
  void forget() noexcept { until_.store(0, std::memory_order_relaxed); }

  struct Report {
    double load = 0;
    std::uint64_t sessions = 0;  // that it had then
  };
  [[nodiscard]] std::optional<Report> newest(TimePoint now) const noexcept;

  /// What it would report with so many sessions, if each is as much work as those that it had; but
  /// not more than a session is in the pool, since some of the load may be there without any.
  /// @param usual load of a session in the pool, as its backends report; 0: not known
  [[nodiscard]] std::optional<double> expected(std::uint64_t sessions, double usual,
                                               TimePoint now) const noexcept;
  [[nodiscard]] std::uint64_t taken() const noexcept {
    return taken_.load(std::memory_order_relaxed);
  }
  /// Reports that could not be read, or lacked the number that is asked for.
  [[nodiscard]] std::uint64_t unread() const noexcept {
    return unread_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<double> load_{0};
  std::atomic<std::uint64_t> sessions_{0};  // that it had then
  std::atomic<Duration::rep> until_{0};
  std::atomic<std::uint64_t> taken_{0}, unread_{0};
};

class AgentWord {
 public:
  static constexpr std::uint32_t kWhole = 100;

  /// @returns whether the stance is another
  bool take(const AgentLine& line) noexcept {
    const Said before = said();
    const Said next{.up = line.up.value_or(before.up), .admin = line.admin.value_or(before.admin)};
    const bool takes_sessions =
        next.stance() == Stance::ready && line.percent.value_or(percent()) != 0;
    // Told before, so that whoever sees it take sessions sees that it does so again.
    if (wants_no_sessions() && takes_sessions) returns_.fetch_add(1, std::memory_order_release);
    if (line.percent) percent_.store(*line.percent, std::memory_order_release);
    if (line.max_sessions) max_sessions_.store(*line.max_sessions, std::memory_order_relaxed);
    said_.store(next, std::memory_order_release);
    heard_.store(true, std::memory_order_relaxed);
    return next.stance() != before.stance();
  }
  /// There is no agent any more.
  void forget() noexcept {
    take({.up = true, .admin = AdminState::ready, .percent = kWhole, .max_sessions = 0});
    heard_.store(false, std::memory_order_relaxed);
  }

  /// It has said something.
  [[nodiscard]] bool heard() const noexcept { return heard_.load(std::memory_order_relaxed); }
  [[nodiscard]] Stance stance() const noexcept { return said().stance(); }
  /// Of the configured weight.
  [[nodiscard]] std::uint32_t percent() const noexcept {
    return percent_.load(std::memory_order_acquire);
  }
  /// 0: it sets no limit.
  [[nodiscard]] std::uint32_t max_sessions() const noexcept {
    return max_sessions_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] bool wants_no_sessions() const noexcept {
    return stance() != Stance::ready || percent() == 0;
  }
  /// How often it has wanted sessions again.
  [[nodiscard]] std::uint64_t returns() const noexcept {
    return returns_.load(std::memory_order_acquire);
  }

 private:
  struct Said {
    bool up = true;
    AdminState admin = AdminState::ready;

    [[nodiscard]] Stance stance() const noexcept { return up ? to_stance(admin) : Stance::down; }
  };
  [[nodiscard]] Said said() const noexcept { return said_.load(std::memory_order_acquire); }

  std::atomic<Said> said_{Said{}};  // as one, so that nobody sees half of a line
  std::atomic<bool> heard_{false};
  std::atomic<std::uint32_t> percent_{kWhole};
  std::atomic<std::uint32_t> max_sessions_{0};
  std::atomic<std::uint64_t> returns_{0};
};

}  // namespace pinion::balance
