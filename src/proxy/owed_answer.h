// What a session is still owed when a request of it is over for its backend: the end of an answer
// that its client has not taken yet.
//
// Threads: the worker's.
// Lifetime: from the end of the exchange until the client has all of it, or its connection ends.
//   The ledger outlives it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "proxy/session_ledger.h"

namespace pinion::proxy {

class OwedAnswer {
 public:
  OwedAnswer(SessionLedger& ledger, session::SessionKey key, std::uint64_t serial)
      : ledger_(ledger), pool_(key.pool), sid_(key.sid), serial_(serial) {}
  /// Nothing waits any more.
  ~OwedAnswer();
  OwedAnswer(const OwedAnswer&) = delete;
  OwedAnswer& operator=(const OwedAnswer&) = delete;

  [[nodiscard]] const std::string& sid() const noexcept { return sid_; }
  /// So much waits, and whether the client takes nothing of it.
  void tell_waiting(std::size_t bytes, bool stalled) noexcept;
  /// It is lost, and its session ends with it. @returns false if that has gone before
  bool lose(metrics::CloseReason reason) noexcept;

 private:
  [[nodiscard]] session::SessionKey key() const noexcept { return {pool_, sid_}; }

  SessionLedger& ledger_;
  PoolId pool_;
  std::string sid_;
  std::uint64_t serial_;
  session::Waiting told_;
};

}  // namespace pinion::proxy
