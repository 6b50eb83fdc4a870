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

bool SessionLedger::lives(SessionKey key, std::uint64_t serial) const {
  const auto found = table_.find(key);
  return found && found->serial == serial;
}

void SessionLedger::bind(SessionKey key, std::uint64_t serial, std::string_view id,
                         BackendId backend, Duration keep, TimePoint now) {
  // Of one that has gone, nothing is to be learnt.
  if (!lives(key, serial)) return;
  const auto left = handshake_ids_.take(serial);
  auto* const held = affinity_.bind({key.pool, id}, backend, keep, now);
  auto* const former = table_.belongs_to(key, serial, held);
  if (former == held) return affinity_.release(former, now);
  // What still asks for it by the id of its handshake is to find it, though it may have been moved.
  if (former != nullptr) {
    affinity_.follow(former, backend);
    hold_too(key, serial, former, now);
  } else if (left && left->id != id) {
    const session::AffinityKey other{key.pool, left->id};
    const auto found = affinity_.find(other, now);
    if (found && found->in_use) return;
    hold_too(key, serial, affinity_.bind(other, backend, left->keep, now), now);
  }
}

void SessionLedger::hold_too(SessionKey key, std::uint64_t serial,
                             session::AffinityTable::Entry* entry, TimePoint now) {
  auto* before = handshake_ids_.hold(serial, entry);
  if (before != nullptr) affinity_.release(before, now);
  if (lives(key, serial)) return;
  before = handshake_ids_.end(serial);
  if (before != nullptr) affinity_.release(before, now);
}

void SessionLedger::leave_to_connect(SessionKey key, std::uint64_t serial, std::string id,
                                     Duration keep) {
  handshake_ids_.leave_to_connect(serial, {.id = std::move(id), .keep = keep});
  if (!lives(key, serial)) (void)handshake_ids_.end(serial);
}

void SessionLedger::bind_left(SessionKey key, std::uint64_t serial, BackendId backend,
                              TimePoint now) {
  const auto left = handshake_ids_.take(serial);
  if (left) bind(key, serial, left->id, backend, left->keep, now);
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

std::string SessionLedger::moved_from(const std::string& client, BackendId backend) {
  return client.empty() ? client : client + '>' + std::to_string(backend);
}

bool SessionLedger::is_where_it_was(const Session& copy) const {
  const auto found = table_.find({copy.pool, copy.sid});
  return found && found->serial == copy.serial && found->backend == copy.backend;
}

void SessionLedger::send_away(const Session& session) {
  auto* const held = table_.belongs_to({session.pool, session.sid}, session.serial, nullptr);
  if (held != nullptr) affinity_.forget(held);
  auto* const beside = handshake_ids_.end(session.serial);
  if (beside != nullptr) affinity_.forget(beside);
  moved_clients_.lost(moved_from(session.client, session.backend));
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
  for (auto* const held : {ended.affinity, handshake_ids_.end(ended.serial)}) {
    if (held == nullptr) continue;
    // Who is moved away is to be placed anew, not led back.
    if (reason == CloseReason::moved) {
      affinity_.forget(held);
    } else {
      affinity_.release(held, uv::Loop::precise_now());
    }
  }
  closes_[static_cast<std::size_t>(reason)].fetch_add(1, std::memory_order_relaxed);
  if (metrics::is_loss(reason)) lost_clients_.lost(ended.client);
  // The others have been sent away.
  if (reason == CloseReason::moved && !ended.has_tunnel) {
    moved_clients_.lost(moved_from(ended.client, ended.backend));
  }
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
