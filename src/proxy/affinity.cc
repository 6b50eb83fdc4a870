#include "proxy/affinity.h"

#include <algorithm>
#include <tuple>

#include "base/ascii.h"
#include "http/values.h"

namespace pinion::proxy {

using config::IdPlace;
using config::IdSource;

namespace {

bool may_be_id(std::string_view text) noexcept {
  return !text.empty() && text.size() <= session::kMaxAffinityId;
}

std::optional<std::string> id_at(const IdPlace& place, const http::RequestHead& head) {
  switch (place.source) {
    case IdSource::query:
      return http::query_value(head.query(), place.name);
    case IdSource::header:
      if (const auto value = head.fields.find(place.name)) return std::string(*value);
      break;
    case IdSource::cookie:
      if (const auto value = http::cookie_value(head.fields, place.name)) {
        return std::string(*value);
      }
      break;
    case IdSource::connect:
    case IdSource::json:
      break;
  }
  return std::nullopt;
}

}  // namespace

AffinityIds ids_in_head(const http::RequestHead& head, const config::Affinity& affinity) {
  AffinityIds ids;
  for (const IdPlace& place : affinity.ids) {
    auto id = id_at(place, head);
    if (id && may_be_id(*id)) ids.push_back({std::move(*id), place.source != IdSource::cookie});
  }
  return ids;
}

void add_ids_in_body(AffinityIds& ids, std::string_view body, const config::Affinity& affinity) {
  AffinityIds found;
  for (const IdPlace& place : affinity.ids) {
    if (place.source != IdSource::json) continue;
    auto id = engineio::json_text_member(body, place.name);
    if (id && may_be_id(*id)) found.push_back({std::move(*id), true});
  }
  ids.insert(ids.begin(), std::make_move_iterator(found.begin()),
             std::make_move_iterator(found.end()));
}

AffinityIds ids_in_connect(const engineio::ConnectPacket& packet,
                           const config::Affinity& affinity) {
  AffinityIds ids;
  if (packet.auth.empty()) return ids;
  for (const IdPlace& place : affinity.ids) {
    if (place.source != IdSource::connect) continue;
    auto id = engineio::json_text_member(packet.auth, place.name);
    if (id && may_be_id(*id)) ids.push_back({std::move(*id), true});
  }
  return ids;
}

bool reads_body(const http::RequestHead& head, const config::Affinity& affinity) {
  using Kind = http::Framing::Kind;
  if (affinity.json_paths.empty() || head.framing.kind == Kind::none) return false;
  if (head.framing.kind == Kind::length && head.framing.length > engineio::kMaxConnectPacket) {
    return false;
  }
  if (head.fields.find("content-encoding")) return false;
  std::string_view path = head.path();
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return std::ranges::any_of(affinity.json_paths,
                             [&](const std::string& end) { return path.ends_with(end); });
}

balance::Reservation reserve_paced(balance::Backend& backend, std::uint32_t rate, TimePoint now) {
  if (!backend.pace().ready(now, rate)) return {};
  auto reservation = balance::reserve_at(backend);
  if (reservation && !backend.pace().take(now, rate)) return {};
  return reservation;
}

balance::Reservation reserve_return(balance::Backend& backend, const balance::BackendSet& set) {
  balance::Backend* const there = set.now_called(backend);
  if (there == nullptr || !there->takes_back()) return {};
  return balance::reserve_at(*there);
}

std::optional<Home> find_home(session::AffinityTable& table, PoolId pool, const AffinityIds& ids,
                              TimePoint now) {
  const auto rank = [](const Home& home) {
    return std::tuple(home.stated, home.found.in_use, home.found.lived);
  };
  std::optional<Home> best;
  for (const AffinityId& each : ids) {
    const auto found = table.find({pool, each.id}, now);
    if (!found) continue;
    const Home home{*found, each.stated};
    if (!best || rank(*best) < rank(home)) best = home;
  }
  return best;
}

bool bind_late(SessionLedger& ledger, session::SessionKey key,
               const session::PinTable::Found& session, std::string_view id, Duration keep,
               TimePoint now) {
  // The first counts, so that one session cannot fill the table.
  if (session.has_id) return false;
  const auto elsewhere = belongs_elsewhere(ledger, {key.pool, id}, session.backend, now);
  if (!elsewhere || !elsewhere->in_use) {
    ledger.bind(key, session.serial, id, session.backend, keep, now);
  }
  return elsewhere.has_value();
}

std::string id_of_connect(session::AffinityTable& table, PoolId pool, AffinityIds ids,
                          TimePoint now) {
  if (ids.empty()) return {};
  // Most state one, of which nothing needs to be known here.
  std::size_t best = 0;
  std::pair<bool, bool> best_rank;
  for (std::size_t i = 0; i < ids.size() && ids.size() > 1; ++i) {
    const auto found = table.find({pool, ids[i].id}, now);
    const std::pair rank(found && found->in_use, found && found->lived);
    if (rank <= best_rank) continue;
    best = i;
    best_rank = rank;
  }
  return std::move(ids[best].id);
}

std::optional<session::AffinityTable::Found> belongs_elsewhere(SessionLedger& ledger,
                                                               session::AffinityKey key,
                                                               BackendId has_it, TimePoint now) {
  if (key.id.empty()) return std::nullopt;
  const auto found = ledger.affinity().find(key, now);
  if (!found || !found->lived || found->backend == has_it) return std::nullopt;
  // Renamed by a reload, it is another one to all but its clients.
  const auto address_of = [&](BackendId id) {
    return ledger.registry().by_id(id).identity().address.to_string();
  };
  if (address_of(found->backend) == address_of(has_it)) return std::nullopt;
  return found;
}

}  // namespace pinion::proxy
