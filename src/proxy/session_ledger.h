// The books of all sessions: every session enters and leaves the PinTable through here, and its
// backend's counts are settled in the same call. Nothing else adds to or takes from the table, so
// counts return to zero by construction.
//
// Threads: any.
// Lifetime: made before the workers, outlives them; the registry and the log outlive it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "balance/registry.h"
#include "log/log.h"
#include "metrics/close_reason.h"
#include "session/affinity_table.h"
#include "session/handshake_ids.h"
#include "session/lost_clients.h"
#include "session/pin_table.h"

namespace pinion::proxy {

class SessionLedger {
 public:
  struct Capacity {
    std::size_t pins = 0, affinity_ids = 0;
  };
  SessionLedger(balance::Registry& registry, Capacity capacity, log::Logger& log)
      : registry_(registry), table_(capacity.pins), affinity_(capacity.affinity_ids), log_(log) {}

  /// The handshake was answered: a reserved place becomes a live session that any worker can find.
  /// `session` says all but its backend and serial. @returns the serial
  std::uint64_t open(balance::Reservation& reservation, session::Session session);

  [[nodiscard]] std::optional<session::PinTable::Found> find(session::SessionKey key) const {
    return table_.find(key);
  }
  std::optional<session::PinTable::Found> begin_request(session::SessionKey key, TimePoint now) {
    return table_.begin_request(key, now);
  }
  /// A request that was `found` by begin_request() has ended. @param traffic what it carried
  void end_request(session::SessionKey key, const session::PinTable::Found& found,
                   const session::Traffic& traffic, TimePoint now);
  Duration charge(session::SessionKey key, std::uint64_t serial, const EventRate& rate,
                  const session::Traffic& sent, TimePoint now) {
    return table_.charge(key, serial, rate, sent, now);
  }
  void set_tunnel(session::SessionKey key, std::uint64_t serial, bool has_tunnel,
                  std::uint16_t worker, TimePoint now) {
    table_.set_tunnel(key, serial, has_tunnel, worker, now);
  }
  void publish(session::SessionKey key, std::uint64_t serial, const session::Traffic& traffic,
               session::Waiting waiting, TimePoint last_seen) {
    table_.publish(key, serial, traffic, waiting, last_seen);
  }
  void tell_waiting(session::SessionKey key, std::uint64_t serial, const session::Waiting& before,
                    const session::Waiting& waiting, Duration paused) {
    table_.tell_waiting(key, serial, before, waiting, paused);
  }
  void note_ping(session::SessionKey key, std::uint64_t serial, session::PingNote note,
                 TimePoint now) {
    table_.note_ping(key, serial, note, now);
  }
  void note_error(session::SessionKey key, std::uint64_t serial, std::string_view word) {
    table_.note_error(key, serial, word);
  }

  bool wait_to_join(session::SessionKey key, std::uint64_t serial, std::uint16_t worker) {
    return table_.wait_to_join(key, serial, worker);
  }
  bool begin_move(session::SessionKey key, std::uint64_t serial) {
    return table_.begin_move(key, serial);
  }
  std::uint64_t joined(session::SessionKey key, std::uint64_t serial) {
    return table_.joined(key, serial);
  }
  std::uint64_t let_pass(session::SessionKey key, std::uint64_t serial) {
    return table_.let_pass(key, serial);
  }
  /// The session belongs to an application's id, and so does its backend from now on.
  /// @param keep the id after the session's end
  void bind(session::SessionKey key, std::uint64_t serial, std::string_view id, BackendId backend,
            Duration keep, TimePoint now);
  /// Its handshake stated an id that lives elsewhere. bind() settles it with the session's own; its
  /// CONNECT is to tell that, or bind_left() that there will be none.
  void leave_to_connect(session::SessionKey key, std::uint64_t serial, std::string id,
                        Duration keep);
  /// The session has joined without an id: it belongs to what was left to its CONNECT, if any was.
  void bind_left(session::SessionKey key, std::uint64_t serial, BackendId backend, TimePoint now);
  /// The session lives on the backend of the reservation from now on, which calls it
  /// `upstream_sid`.
  /// @returns false if it has gone meanwhile; the place is given back then
  [[nodiscard]] bool move(session::SessionKey key, std::uint64_t serial,
                          balance::Reservation& reservation, std::string upstream_sid);

  /// The session now lives on its WebSocket alone. @returns false if it already did, or has gone
  bool upgraded(session::SessionKey key, std::uint64_t serial);
  /// The session is over. Does nothing when it has ended already.
  /// @param serial 0 for whichever has the sid now
  /// @returns whether it was still there
  bool close(session::SessionKey key, std::uint64_t serial, metrics::CloseReason reason);
  /// It still lives where it did when this copy of it was taken.
  [[nodiscard]] bool is_where_it_was(const session::Session& copy) const;
  /// A session on a WebSocket that is about to be closed as moved: whoever comes back before the
  /// other side has closed too is not led back either.
  void send_away(const session::Session& session);
  /// Ends the sessions that showed no sign of life for too long. @returns how many
  std::size_t sweep(TimePoint now);
  /// Ends the sessions that a backend has lost. @returns how many
  std::size_t drop_backend(BackendId backend);

  /// Those whose sessions ended by no doing of their own.
  [[nodiscard]] const balance::Registry& registry() const noexcept { return registry_; }
  [[nodiscard]] session::LostClients& lost_clients() noexcept { return lost_clients_; }
  /// The word for such a client in moved_clients(); none for one that is not known.
  static std::string moved_from(const std::string& client, BackendId backend);
  /// Of those the ones that were moved away on purpose, and are not to be led back there.
  [[nodiscard]] session::LostClients& moved_clients() noexcept { return moved_clients_; }
  [[nodiscard]] const session::PinTable& table() const noexcept { return table_; }
  /// Where the sessions of applications' own ids live, or have lived.
  [[nodiscard]] session::AffinityTable& affinity() noexcept { return affinity_; }
  [[nodiscard]] const session::AffinityTable& affinity() const noexcept { return affinity_; }
  [[nodiscard]] std::uint64_t closes(metrics::CloseReason reason) const noexcept {
    return closes_[static_cast<std::size_t>(reason)].load(std::memory_order_relaxed);
  }

 private:
  [[nodiscard]] bool lives(session::SessionKey key, std::uint64_t serial) const;
  void hold_too(session::SessionKey key, std::uint64_t serial, session::AffinityTable::Entry* entry,
                TimePoint now);
  void settle(const session::Session& ended, metrics::CloseReason reason);
  void log_end(const session::Session& ended, metrics::CloseReason reason) const;

  balance::Registry& registry_;
  session::PinTable table_;
  session::AffinityTable affinity_;
  session::HandshakeIds handshake_ids_;
  session::LostClients lost_clients_, moved_clients_;
  log::Logger& log_;
  std::array<std::atomic<std::uint64_t>, metrics::kCloseReasons> closes_{};
};

}  // namespace pinion::proxy
