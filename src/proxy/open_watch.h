// Learns the sid from the answer to a handshake, before the client can: what could tell it is held
// back until the session is in the PinTable.
//
// Threads: the worker's.
// Lifetime: one handshake.
// Invariants: holds at most kMaxOpenPacket bytes; once decided it holds nothing. The reservation is
//   confirmed when the open packet was found, and given back when there is none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "balance/backend.h"
#include "engineio/open_packet.h"
#include "proxy/session_ledger.h"

namespace pinion::proxy {

/// What becomes of a session once its sid is known.
struct OpenedSession {
  std::string sid;
  std::uint64_t serial = 0;
  Duration time_to_live{};
};

class OpenWatch {
 public:
  struct Origin {
    PoolId pool = 0;
    std::string client;
    session::Transport transport = session::Transport::polling;
    std::uint16_t worker = 0;
    session::Dialect dialect{};
    bool joins = false;  // its CONNECT may tell that it belongs elsewhere
    std::string id;      // of the application, if the handshake told one
    Duration keep{};     // of that id
  };
  OpenWatch(SessionLedger& ledger, balance::Reservation reservation, Origin origin) noexcept
      : ledger_(ledger), reservation_(std::move(reservation)), origin_(std::move(origin)) {}

  /// Takes the next payload bytes. @returns true once decided, whichever way
  bool feed(std::string_view payload, TimePoint now);
  /// There will be no more payload.
  void finish() noexcept;
  [[nodiscard]] bool decided() const noexcept { return decided_; }
  /// The session, if the answer opened one.
  [[nodiscard]] const std::optional<OpenedSession>& opened() const noexcept { return opened_; }

 private:
  void open(TimePoint now);

  SessionLedger& ledger_;
  balance::Reservation reservation_;
  Origin origin_;
  engineio::OpenPacketReader reader_;
  std::optional<OpenedSession> opened_;
  bool decided_ = false;
};

}  // namespace pinion::proxy
