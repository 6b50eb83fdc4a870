// Where an exchange belongs by ids of the application and by pinion's own cookie.
#include <algorithm>

#include "base/ascii.h"
#include "http/head_text.h"
#include "http/values.h"
#include "proxy/downstream.h"
#include "proxy/exchange.h"
#include "proxy/worker.h"

namespace pinion::proxy {

using config::IdSource;
using engineio::Intent;
using metrics::AffinityResult;

namespace {

// An id that was heard of, but of which no session is known: its session is about to begin.
constexpr Duration kKeepSuggestion = std::chrono::seconds{30};

}  // namespace

const config::Affinity& Exchange::affinity() const noexcept {
  return worker_.config().pools[*facts_.pool].affinity;
}

void Exchange::read_affinity(const http::RequestHead& head) {
  if (affinity().ids.empty() && affinity().cookie.empty()) return;
  if (may_bring_connect()) {
    reads_connect_ = can_gather(head);
    passes_unread_ = !reads_connect_;
  }
  const bool opens = facts_.intent.kind == Intent::Kind::handshake;
  if (!affinity().cookie.empty() && (opens || reads_connect_)) {
    cookie_ = http::cookie_value(head.fields, affinity().cookie).value_or("");
    https_ = downstream_.peer_is_trusted() &&
             iequals(head.fields.find(http::FieldName::x_forwarded_proto).value_or(""), "https");
  }
  if (!opens && facts_.intent.kind != Intent::Kind::other) return;
  ids_ = ids_in_head(head, affinity());
  reads_ids_ = is_plain() && reads_body(head, affinity());
}

// The backend where it belongs, if that is known and alive.
balance::Backend* Exchange::home() {
  const bool opens = facts_.intent.kind == Intent::Kind::handshake;
  auto& counters = worker_.counters().pools[*facts_.pool];
  if (ids_.empty() && cookie_.empty()) return nullptr;
  balance::Backend* backend = nullptr;
  bool in_use = false;
  SessionLedger& ledger = worker_.shared().ledger;
  if (const auto found = find_home(ledger.affinity(), *facts_.pool, ids_, worker_.now())) {
    backend = &worker_.shared().registry.by_id(found->backend);
    in_use = found->in_use;
  } else if (opens && !cookie_.empty() && !ledger.moved_clients().take(facts_.client)) {
    backend = worker_.cookies().backend_of(worker_.config().pools[*facts_.pool],
                                           worker_.backends(*facts_.pool), cookie_);
  }
  home_known_ = backend != nullptr;
  if (backend == nullptr) {
    counters.affinity(AffinityResult::unknown);
    return nullptr;
  }
  const bool stays = worker_.backends(*facts_.pool).has(*backend);
  // Where a session lives, a request has its data, whatever probes or the config say.
  const bool alive =
      opens ? stays && backend->takes_sessions() : in_use || (stays && backend->health().up());
  if (alive) return backend;
  counters.affinity(AffinityResult::away);
  return nullptr;
}

// @returns whether it is on its way there
bool Exchange::go_home() {
  if (!tried_.empty() || placing_.has_waited()) return false;
  balance::Backend* const backend = home();
  if (backend == nullptr) return false;
  auto& counters = worker_.counters().pools[*facts_.pool];
  if (facts_.intent.kind == Intent::Kind::handshake) {
    const std::uint32_t rate = worker_.backends(*facts_.pool).rate;
    // Its data is there, so it does not go elsewhere for the sake of a moment.
    if (!backend->pace().ready(worker_.now(), rate)) {
      counters.affinity(AffinityResult::followed);
      placing_.wait_for(*backend);
      return true;
    }
    balance::Reservation reservation = reserve_paced(*backend, rate, worker_.now());
    if (!reservation) {
      counters.affinity(AffinityResult::away);
      return false;
    }
    reservation_ = std::move(reservation);
  }
  counters.affinity(AffinityResult::followed);
  connect(*backend);
  return true;
}

// A client tells its id, of which no session is known: that session comes next, so what answers
// this is chosen as if it came now. The place is given back with the answer.
bool Exchange::choose_like_a_session() {
  if (!reads_ids_ || ids_.empty() || home_known_ || !tried_.empty()) return false;
  auto assignment =
      worker_.assigner().assign_session(worker_.backends(*facts_.pool), tried_, worker_.now());
  if (!assignment.reservation) return false;
  reservation_ = std::move(assignment.reservation);
  connect(*reservation_.backend());
  return true;
}

void Exchange::note_ids(int status) {
  if (!reads_ids_ || home_known_ || status >= 300) return;
  auto& table = worker_.shared().ledger.affinity();
  const Duration keep = std::min(affinity().keep, kKeepSuggestion);
  for (const AffinityId& each : ids_) {
    if (!each.stated) continue;
    table.suggest({*facts_.pool, each.id}, backend_->id(), keep, worker_.now());
  }
}

// A handshake that states an id opens a session of it. A cookie is shared by all tabs of a browser,
// so where CONNECTs tell better it is a hint only.
std::string Exchange::id_of_session() const {
  for (const AffinityId& each : ids_) {
    if (each.stated || !affinity().reads(IdSource::connect)) return each.id;
  }
  return {};
}

// With the answer that opens a session, and with that to a CONNECT, which may have moved it.
void Exchange::add_cookie(std::string& head) const {
  if (!facts_.pool || affinity().cookie.empty() || status_ >= 300) return;
  if (facts_.intent.kind != Intent::Kind::handshake && !reads_connect_) return;
  const config::Pool& pool = worker_.config().pools[*facts_.pool];
  const std::string& value =
      worker_.cookies().value_for(pool, worker_.backends(*facts_.pool), *backend_);
  if (value == cookie_) return;
  http::add_field(head, "Set-Cookie", Cookies::field(affinity(), value, https_));
}

// From protocol 4 on clients join in so many words, and know nothing of their sid but that they are
// to send it. What is written for JSONP is not read.
bool Exchange::may_join_elsewhere() const noexcept {
  const Intent& intent = facts_.intent;
  return intent.revision == 4 && !intent.jsonp && affinity().reads(IdSource::connect);
}

bool Exchange::may_bring_connect() const {
  if (facts_.intent.kind != Intent::Kind::push || !may_join_elsewhere()) return false;
  const auto found = worker_.shared().ledger.find({*facts_.pool, facts_.intent.sid});
  return found && found->joining != session::Joining::done;
}

// A chunked one is gathered in any case.
bool Exchange::can_gather(const http::RequestHead& head) const {
  if (head.fields.find("content-encoding")) return false;
  const std::size_t most =
      std::min(engineio::kMaxConnectPacket, worker_.config().proxy.limits.buffered_body);
  return head.framing.kind != http::Framing::Kind::length || head.framing.length <= most;
}

}  // namespace pinion::proxy
