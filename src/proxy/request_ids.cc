#include "proxy/request_ids.h"

#include <algorithm>

#include "http/head_text.h"
#include "http/values.h"
#include "proxy/request_facts.h"
#include "proxy/worker.h"

namespace pinion::proxy {

using config::IdSource;
using engineio::Intent;
using metrics::AffinityResult;

namespace {

// An id that was heard of, but of which no session is known: its session is about to begin.
constexpr Duration kKeepSuggestion = std::chrono::seconds{30};

}  // namespace

const config::Affinity& RequestIds::affinity() const noexcept {
  return worker_.config().pools[*facts_.pool].affinity;
}

bool RequestIds::opens() const noexcept { return facts_.intent.kind == Intent::Kind::handshake; }

void RequestIds::read_head(const http::RequestHead& head, bool https, bool brings_connect) {
  brings_connect_ = brings_connect;
  if (!affinity().cookie.empty() && (opens() || brings_connect)) {
    cookie_ = http::cookie_value(head.fields, affinity().cookie).value_or("");
    https_ = https;
  }
  if (!opens() && facts_.intent.kind != Intent::Kind::other) return;
  ids_ = ids_in_head(head, affinity());
  in_body_ = !facts_.on_engineio_path && reads_body(head, affinity());
}

void RequestIds::read_body(std::string_view body) {
  if (in_body_) add_ids_in_body(ids_, body, affinity());
}

balance::Backend* RequestIds::home() {
  led_by_ = {};
  tied_ = false;
  if (ids_.empty() && cookie_.empty()) return nullptr;
  auto& counters = worker_.counters().pools[*facts_.pool];
  balance::Backend* backend = nullptr;
  bool in_use = false;
  SessionLedger& ledger = worker_.shared().ledger;
  const balance::BackendSet& set = worker_.backends(*facts_.pool);
  const auto home = find_home(ledger.affinity(), *facts_.pool, ids_, worker_.now());
  const bool stated = home && home->stated;
  if (home && !stated && announces_another()) {
    counters.affinity(AffinityResult::unknown);
    return nullptr;
  }
  if (home) {
    backend = &worker_.shared().registry.by_id(home->found.backend);
    if (balance::Backend* const there = set.now_called(*backend)) backend = there;
    in_use = home->found.in_use;
    led_by_ = "id";
  } else if (opens() && !cookie_.empty()) {
    backend = worker_.cookies().backend_of(worker_.config().pools[*facts_.pool], set, cookie_);
    if (backend != nullptr) led_by_ = "cookie";
  }
  // A browser's cookies, of another tab or pinion's own, do not lead back who was moved away.
  if (backend != nullptr && opens() && !stated &&
      ledger.moved_clients().take(SessionLedger::moved_from(facts_.client, backend->id()))) {
    backend = nullptr;
    led_by_ = {};
  }
  if (backend == nullptr) {
    counters.affinity(AffinityResult::unknown);
    return nullptr;
  }
  const bool stays = set.has(*backend);
  // Where a session lives, a request that names it has its data, whatever probes or the config say.
  tied_ = !opens() && in_use && stated;
  const bool there = stated ? backend->keeps_data() : backend->health().up();
  const bool alive = opens() ? stays && backend->tries_sessions(worker_.now())
                             : tied_ || ((in_use || stays) && there);
  if (alive) return backend;
  counters.affinity(AffinityResult::away);
  return nullptr;
}

// Of a browser's second tab: its cookie is that of the first one, which may be where nothing moves.
bool RequestIds::announces_another() const noexcept {
  return in_body_ && std::ranges::any_of(ids_, &AffinityId::stated);
}

void RequestIds::suggest(const balance::Backend& answered, int status) {
  if (!heralds_session() || status >= 300) return;
  auto& table = worker_.shared().ledger.affinity();
  const Duration keep = std::min(affinity().keep, kKeepSuggestion);
  for (const AffinityId& each : ids_) {
    if (!each.stated) continue;
    table.suggest({*facts_.pool, each.id}, answered.id(), keep, worker_.now());
  }
}

// A cookie is shared by all tabs of a browser, so where CONNECTs tell better it is a hint only.
std::string RequestIds::id_of_session() const {
  for (const AffinityId& each : ids_) {
    if (each.stated || !affinity().reads(IdSource::connect)) return each.id;
  }
  return {};
}

// With the answer that opens a session, and with that to a CONNECT, which may have moved it.
void RequestIds::add_cookie(std::string& head, const balance::Backend& answers, int status) const {
  if (!facts_.pool || affinity().cookie.empty() || status >= 300) return;
  if (!opens() && !brings_connect_) return;
  const config::Pool& pool = worker_.config().pools[*facts_.pool];
  const std::string& value =
      worker_.cookies().value_for(pool, worker_.backends(*facts_.pool), answers);
  if (value == cookie_) return;
  http::add_field(head, "Set-Cookie", Cookies::field(affinity(), value, https_));
}

}  // namespace pinion::proxy
