// Where a request belongs by an application's own session ids: read from its head or body, looked
// up in what sessions have told.
//
// Threads: any; the table locks by itself.
// Invariants: an id that a client states in so many words (CONNECT, query, header, JSON) goes
//   before one that a browser adds by itself (cookie); of equals one in use before one at rest, and
//   that before one that was only heard of; else the first in the order of the config.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "balance/backend_set.h"
#include "config/config.h"
#include "engineio/connect_packet.h"
#include "http/head.h"
#include "proxy/session_ledger.h"

namespace pinion::proxy {

struct AffinityId {
  std::string id;
  bool stated = true;  // not by a cookie
};
using AffinityIds = std::vector<AffinityId>;

/// What stands in the head. Ids longer than session::kMaxAffinityId are passed over.
AffinityIds ids_in_head(const http::RequestHead& head, const config::Affinity& affinity);
/// Adds what stands in a JSON body, before what there is already.
void add_ids_in_body(AffinityIds& ids, std::string_view body, const config::Affinity& affinity);
/// What a CONNECT states.
AffinityIds ids_in_connect(const engineio::ConnectPacket& packet, const config::Affinity& affinity);
/// Whether the body of such a request may have ids.
bool reads_body(const http::RequestHead& head, const config::Affinity& affinity);

/// A place at this backend, as one of the `rate` that it is given in a second. @returns none when
/// it is full or it is too early
balance::Reservation reserve_paced(balance::Backend& backend, std::uint32_t rate, TimePoint now);
/// A place for a session that comes back to a backend. @returns none when that is gone or full, or
/// is to have no more
balance::Reservation reserve_return(balance::Backend& backend, const balance::BackendSet& set);

/// What is known of an id, and whether the request states it itself.
struct Home {
  session::AffinityTable::Found found;
  bool stated = false;
};
/// The best of what is known of these ids. @returns nothing when none is known
std::optional<Home> find_home(session::AffinityTable& table, PoolId pool, const AffinityIds& ids,
                              TimePoint now);
/// A session that can be moved no more states an id. If it has none yet it belongs to that from now
/// on, unless a session of that id lives on another backend. @returns whether it would have had to
/// be moved
bool bind_late(SessionLedger& ledger, session::SessionKey key,
               const session::PinTable::Found& session, std::string_view id, Duration keep,
               TimePoint now);
/// Of the ids that a CONNECT states the one that its session belongs to: the best known one, else
/// the first. @returns an empty one when it states none
std::string id_of_connect(session::AffinityTable& table, PoolId pool, AffinityIds ids,
                          TimePoint now);
/// Where the session of this id lives or has lived. @returns nothing when none is known, or it is
/// the backend that has it
std::optional<session::AffinityTable::Found> belongs_elsewhere(SessionLedger& ledger,
                                                               session::AffinityKey key,
                                                               BackendId has_it, TimePoint now);

}  // namespace pinion::proxy
