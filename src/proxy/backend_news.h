// What was learnt of a backend's health by trying to reach it, whoever tried: told to its Health,
// to the log when it is news, and to the ledger when its sessions are lost.
//
// Threads: any.
// Lifetime: as long as the log and the ledger.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "balance/backend.h"
#include "base/clock.h"
#include "log/log.h"
#include "proxy/session_ledger.h"

namespace pinion::proxy {

class BackendNews {
 public:
  BackendNews(log::Logger& log, SessionLedger& ledger) noexcept : log_(log), ledger_(ledger) {}

  /// Whether an error says that no process listens at that address.
  static bool says_nobody_listens(int status) noexcept;
  /// It has answered a request, as it should or with a 502.
  void answered(balance::Backend& backend, int status, TimePoint now);
  /// It has answered what looks like a handshake.
  void handshake_answered(balance::Backend& backend, int status, TimePoint now);
  /// A handshake has opened a session there.
  void handshake_opened(balance::Backend& backend, TimePoint now);
  /// It has ended the connection of a WebSocket's handshake instead of an answer.
  void handshake_closed(balance::Backend& backend, TimePoint now);
  /// Something that is HTTP came from it.
  void heard(balance::Backend& backend);
  /// A handshake that it took.
  void unanswered(balance::Backend& backend, TimePoint now);
  /// @param status a libuv error; those of our own machine (no descriptors, no ports left) are not
  /// held against the backend
  void missed(balance::Backend& backend, int status, TimePoint now);
  /// A probe was answered as it should be.
  void probe_passed(balance::Backend& backend, TimePoint now);
  /// @param why for people: what was wrong, what to do
  void probe_failed(balance::Backend& backend, balance::Fault fault, const std::string& why,
                    TimePoint now);

 private:
  void handshake_failed(balance::Backend& backend, const std::string& status, TimePoint now);
  void say_up(const balance::Backend& backend);
  void say_unfit(const balance::Backend& backend, std::string_view what);
  void say_down(const balance::Backend& backend, std::string_view what, const std::string& why);
  void say_lack(const balance::Backend& backend, int status, TimePoint now);

  log::Logger& log_;
  SessionLedger& ledger_;
  std::atomic<std::int64_t> lack_said_ns_{0};  // when, so that a lack does not flood the log
};

}  // namespace pinion::proxy
