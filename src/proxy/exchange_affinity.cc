// An exchange that goes where ids of the application or pinion's own cookie say that it belongs.
#include <utility>

#include "base/ascii.h"
#include "proxy/downstream.h"
#include "proxy/exchange.h"
#include "proxy/worker.h"

namespace pinion::proxy {

using engineio::Intent;
using metrics::AffinityResult;

const config::Affinity& Exchange::affinity() const noexcept {
  return worker_.config().pools[*facts_.pool].affinity;
}

void Exchange::read_affinity(const http::RequestHead& head) {
  if (affinity().ids.empty() && affinity().cookie.empty()) return;
  join_.read_head(head);
  if (join_.may_bring_later()) request_body_.watch_connects();
  // Of several proxies the first has the client.
  auto protos = head.fields.find(http::FieldName::x_forwarded_proto).value_or("");
  const auto proto = next_list_element(protos);
  // Some say wss of a WebSocket.
  const bool https = downstream_.peer_is_trusted() && proto &&
                     (iequals(*proto, "https") || iequals(*proto, "wss"));
  ids_.read_head(head, https, join_.reads_body());
}

// @returns whether it is on its way there
bool Exchange::go_home() {
  if (!tried_.empty() || placing_.has_waited()) return false;
  balance::Backend* const backend = ids_.home();
  if (backend == nullptr) return false;
  auto& counters = worker_.counters().pools[*facts_.pool];
  if (facts_.intent.kind == Intent::Kind::handshake) {
    const std::uint32_t rate = worker_.backends(*facts_.pool).rate;
    // Its data is there, so it does not go elsewhere for the sake of a moment; nor before others
    // who wait. One that was full until now is not waited for, as it was not then.
    const balance::Pace& pace = backend->pace();
    if (!pace.careful(worker_.now(), rate) && !pace.ready_for_new(worker_.now(), rate)) {
      counters.affinity(AffinityResult::followed);
      placing_.wait_for(*backend);
      return true;
    }
    balance::Reservation reservation = reserve_paced(*backend, rate, worker_.now());
    if (!reservation || !backend->health().take_try(worker_.now())) {
      counters.affinity(AffinityResult::away);
      return false;
    }
    reservation_ = std::move(reservation);
    worker_.remarks().led_home(*backend, ids_.led_by());
  }
  counters.affinity(AffinityResult::followed);
  connect(*backend);
  return true;
}

// The session that it heralds comes next, and is led to what answers this, so that is chosen as if
// the session came now. The place is given back with the answer.
bool Exchange::choose_like_a_session() {
  if (!ids_.heralds_session() || !tried_.empty()) return false;
  auto assignment = worker_.assigner().assign_session(
      worker_.backends(*facts_.pool), tried_, worker_.now(), balance::Assigner::Purpose::herald);
  if (!assignment.reservation) return false;
  reservation_ = std::move(assignment.reservation);
  connect(*reservation_.backend());
  return true;
}

}  // namespace pinion::proxy
