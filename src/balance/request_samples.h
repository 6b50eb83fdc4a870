// How long requests took that an engine answers by itself: handshakes, and POSTs of polling
// sessions. They meet its event loop as a probe does.
//
// Threads: claim() and add() on any worker; take() on the thread that keeps watch over loads.
// Lifetime: part of its Backend.
// Invariants: of each kind at most one in kLeastGap is measured, the first that comes, so that a
//   crowd of requests costs no more than some probes and those that follow one another within a
//   moment count once; at most kHeld wait to be taken, the newest.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace pinion::balance {

enum class SampledRequest : unsigned char { handshake, push };
inline constexpr std::size_t kSampledRequests = 2;

constexpr std::string_view to_string(SampledRequest kind) noexcept {
  constexpr std::string_view kNames[kSampledRequests] = {"handshake", "push"};
  return kNames[static_cast<std::size_t>(kind)];
}

struct RequestSample {
  SampledRequest kind{};
  TimePoint sent{};  // all of it, to the kernel
  Duration took{};   // until its answer began
};

class RequestSamples {
 public:
  static constexpr Duration kLeastGap = std::chrono::milliseconds{200};
  static constexpr std::size_t kHeld = 128;

  /// To be asked when a request is sent: were it asked when the answer comes, those that come all
  /// at once when a loop goes on would count as one. @returns whether this one is to be measured
  bool claim(SampledRequest kind, TimePoint now) noexcept {
    std::atomic<TimePoint>& next = next_[static_cast<std::size_t>(kind)];
    TimePoint due = next.load(std::memory_order_relaxed);
    return now >= due &&
           next.compare_exchange_strong(due, now + kLeastGap, std::memory_order_relaxed);
  }
  void add(const RequestSample& sample);
  /// What was added since, the oldest first.
  std::vector<RequestSample> take();
  /// How many were ever added.
  [[nodiscard]] std::uint64_t total(SampledRequest kind) const noexcept {
    return totals_[static_cast<std::size_t>(kind)].load(std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<TimePoint>, kSampledRequests> next_{};
  std::array<std::atomic<std::uint64_t>, kSampledRequests> totals_{};
  std::mutex mutex_;
  std::vector<RequestSample> held_;  // guarded by mutex_
  std::size_t oldest_ = 0;           // guarded by mutex_; once it is full, the next to be lost
};

}  // namespace pinion::balance
