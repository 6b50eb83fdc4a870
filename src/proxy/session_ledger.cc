#include "proxy/session_ledger.h"

#include <utility>

#include "uv/loop.h"

namespace pinion::proxy {

using metrics::CloseReason;
using session::Session;
using session::SessionKey;
using session::Transport;

std::uint64_t SessionLedger::open(balance::Reservation& reservation, Session session) {
  session.backend = reservation.backend()->id();
  // Live before it is in the table: whoever takes it out again must find the count there.
  reservation.confirm(session.transport == Transport::websocket)->count_session();
  const auto inserted = table_.insert(std::move(session));
  if (inserted.replaced) settle(*inserted.replaced, CloseReason::unknown_session);
  if (inserted.evicted) settle(*inserted.evicted, CloseReason::evicted);
  return inserted.serial;
}

void SessionLedger::end_request(SessionKey key, const session::PinTable::Found& found,
                                const session::Traffic& traffic, TimePoint now) {
  table_.end_request(key, found.serial, traffic, now);
  registry_.by_id(found.backend)
      .traffic()
      .add({.frames_in = traffic.frames_in,
            .frames_out = traffic.frames_out,
            .bytes_in = traffic.bytes_in,
            .bytes_out = traffic.bytes_out,
            .requests = 1});
}

void SessionLedger::bind(SessionKey key, std::uint64_t serial, std::string_view id,
                         BackendId backend, Duration keep, TimePoint now) {
  // Of one that has gone, nothing is to be learnt.
  const auto found = table_.find(key);
  if (!found || found->serial != serial) return;
  auto* const held = affinity_.bind({key.pool, id}, backend, keep, now);
  auto* const former = table_.belongs_to(key, serial, held);
  // What still asks for it by that one is to find it, though it may have been moved.
  if (former != nullptr) affinity_.release(former, now, backend);
}

bool SessionLedger::move(SessionKey key, std::uint64_t serial, balance::Reservation& reservation,
                         std::string upstream_sid) {
  // Live before it is in the table, as in open().
  balance::Backend* const backend = reservation.confirm(false);
  const auto before = table_.move(key, serial, backend->id(), std::move(upstream_sid));
  if (!before) {
    backend->session_ended(false);
    return false;
  }
  // What it was is known only now, for another worker may upgrade it at any moment.
  const bool websocket = before->transport == Transport::websocket;
  if (websocket) backend->session_upgraded();
  backend->count_session();
  registry_.by_id(before->backend).session_ended(websocket);
  return true;
}

bool SessionLedger::upgraded(SessionKey key, std::uint64_t serial) {
  const auto backend = table_.upgraded(key, serial);
  if (backend) registry_.by_id(*backend).session_upgraded();
  return backend.has_value();
}

bool SessionLedger::close(SessionKey key, std::uint64_t serial, CloseReason reason) {
  const auto ended = table_.close(key, serial);
  if (ended) settle(*ended, reason);
  return ended.has_value();
}

void SessionLedger::send_away(const Session& session) {
  auto* const held = table_.belongs_to({session.pool, session.sid}, session.serial, nullptr);
  if (held != nullptr) affinity_.forget(held);
  moved_clients_.lost(session.client);
}

std::size_t SessionLedger::sweep(TimePoint now) {
  lost_clients_.age(now);
  moved_clients_.age(now);
  affinity_.sweep(now);
  const auto expired = table_.sweep(now);
  for (const Session& session : expired) settle(session, CloseReason::expired);
  return expired.size();
}

std::size_t SessionLedger::drop_backend(BackendId backend) {
  const auto dropped = table_.drop_backend(backend);
  for (const Session& session : dropped) settle(session, CloseReason::backend_unreachable);
  return dropped.size();
}

void SessionLedger::settle(const Session& ended, CloseReason reason) {
  registry_.by_id(ended.backend).session_ended(ended.transport == Transport::websocket);
  if (ended.affinity != nullptr) {
    // Who is moved away is to be placed anew, not led back.
    if (reason == CloseReason::moved) {
      affinity_.forget(ended.affinity);
    } else {
      affinity_.release(ended.affinity, uv::Loop::precise_now());
    }
  }
  closes_[static_cast<std::size_t>(reason)].fetch_add(1, std::memory_order_relaxed);
  if (metrics::is_loss(reason)) lost_clients_.lost(ended.client);
  // The others have been sent away.
  if (reason == CloseReason::moved && !ended.has_tunnel) moved_clients_.lost(ended.client);
  if (log_.enabled(log::Level::debug)) log_end(ended, reason);
}

void SessionLedger::log_end(const Session& ended, CloseReason reason) const {
  const balance::BackendIdentity& backend = registry_.by_id(ended.backend).identity();
  log_.debug("session ended", {{"sid", ended.sid},
                               {"pool", backend.pool_name},
                               {"backend", backend.name},
                               {"transport", session::to_string(ended.transport)},
                               {"reason", metrics::to_string(reason)},
                               {"side", metrics::to_string(metrics::side_of(reason))},
                               {"frames_in", ended.traffic.frames_in},
                               {"frames_out", ended.traffic.frames_out},
                               {"bytes_in", ended.traffic.bytes_in},
                               {"bytes_out", ended.traffic.bytes_out}});
}

}  // namespace pinion::proxy
