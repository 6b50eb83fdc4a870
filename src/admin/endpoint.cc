#include "admin/endpoint.h"

#include <utility>

#include "admin/orders.h"
#include "admin/session_list.h"
#include "admin/views_json.h"
#include "metrics/exposition.h"

namespace pinion::admin {
namespace {

constexpr std::size_t kMostOfPath = 200;
constexpr std::string_view kSessionPrefix = "/api/v1/sessions/";

enum class Resource : unsigned char {
  none,
  health,
  ready,
  metrics,
  status,
  backends,
  sessions,
  session
};

Resource resource_of(std::string_view path) noexcept {
  constexpr std::pair<std::string_view, Resource> kPaths[] = {
      {"/healthz", Resource::health},           {"/readyz", Resource::ready},
      {"/metrics", Resource::metrics},          {"/api/v1/status", Resource::status},
      {"/api/v1/backends", Resource::backends}, {"/api/v1/sessions", Resource::sessions},
  };
  for (const auto& [known, resource] : kPaths) {
    if (known == path) return resource;
  }
  const bool one_session = path.starts_with(kSessionPrefix) && path.size() > kSessionPrefix.size();
  return one_session ? Resource::session : Resource::none;
}

bool reads(Method method) noexcept { return method == Method::get || method == Method::head; }

Answer text_answer(std::string_view content_type, std::string body) {
  return {.status = 200,
          .content_type = std::string(content_type),
          .body = std::move(body),
          .fields = {}};
}

Answer json_answer(std::string body) { return text_answer("application/json", std::move(body)); }

Answer wrong_method(std::string_view allowed) {
  Answer answer = error_answer(405, "method_not_allowed", "see the Allow field for what is");
  answer.fields.emplace_back("allow", allowed);
  return answer;
}

Answer no_pool() {
  return error_answer(404, "unknown_pool", "the config has no pool of this name");
}

Answer no_session() { return error_answer(404, "unknown_session", "no live session has this sid"); }

}  // namespace

Endpoint::Endpoint(Guard guard, Control& control, log::Logger& log) noexcept
    : guard_(std::move(guard)), control_(control), log_(log) {}

Answer Endpoint::answer(const Request& request) {
  if (auto refused = guard_.refuse(request)) {
    control_.count_refusal(refused->reason);
    return std::move(refused->answer);
  }
  if (const auto order = order_of(request.path)) return obey(request, *order);
  const Resource resource = resource_of(request.path);
  if (resource == Resource::none) {
    return error_answer(404, "not_found", "there is nothing at this path; see pinion(8)");
  }
  const bool closes = resource == Resource::session && request.method == Method::delete_;
  if (!reads(request.method) && !closes) {
    return wrong_method(resource == Resource::session ? "GET, HEAD, DELETE" : "GET, HEAD");
  }
  switch (resource) {
    case Resource::ready:
      return ready();
    case Resource::metrics:
      return text_answer(metrics::kExpositionType, control_.metrics_text());
    case Resource::status:
      return json_answer(status_json(control_.status()));
    case Resource::backends:
      return json_answer(backends_json(control_.status()));
    case Resource::sessions:
      return sessions(request);
    case Resource::session: {
      const std::string sid = request.path.substr(kSessionPrefix.size());
      return closes ? close_session(request, sid) : session(sid);
    }
    case Resource::health:
    case Resource::none:
      break;
  }
  return text_answer("text/plain; charset=utf-8", "ok\n");
}

Answer Endpoint::ready() const {
  const std::string why = control_.not_ready();
  if (why.empty()) return text_answer("text/plain; charset=utf-8", "ready\n");
  return error_answer(503, "not_ready", why);
}

Answer Endpoint::sessions(const Request& request) const {
  const auto query = read_session_query(request.query);
  if (!query) return error_answer(400, "bad_parameter", query.error());
  return json_answer(sessions_json(control_.sessions(*query)));
}

Answer Endpoint::session(const std::string& sid) const {
  const auto found = control_.session(sid);
  return found ? json_answer(session_json(*found)) : no_session();
}

std::optional<Answer> Endpoint::refuse_change(const Request& request) {
  auto refused = guard_.refuse_change(request);
  if (!refused) return std::nullopt;
  control_.count_refusal(refused->reason);
  // Anybody who reaches the endpoint can make these, as many and as long as he likes.
  if (const auto held_back = warnings_.admit("refused", monotonic_now())) {
    log_.warning("admin request refused", {{"status", refused->answer.status},
                                           {"path", request.path.substr(0, kMostOfPath)},
                                           {"repeated", *held_back}});
  }
  return std::move(refused->answer);
}

Answer Endpoint::close_session(const Request& request, const std::string& sid) {
  if (auto refused = refuse_change(request)) return std::move(*refused);
  if (!control_.close_session(sid)) return no_session();
  log_.info("session closed by the admin endpoint", {{"sid", sid}});
  return json_answer(closed_json(sid));
}

Answer Endpoint::rebalance(const Request& request, const std::string& pool) {
  if (request.method == Method::delete_) {
    if (const auto view = control_.stop_rebalance(pool)) return json_answer(stopped_json(*view));
    return no_pool();
  }
  const auto rate = read_rate(request.body);
  if (!rate) return error_answer(400, "bad_parameter", rate.error());
  const auto view = control_.rebalance(pool, *rate);
  return view ? json_answer(rebalance_json(*view)) : no_pool();
}

Answer Endpoint::obey(const Request& request, const Order& order) {
  const bool may_stop = order.verb == Order::Verb::rebalance;
  if (request.method != Method::post && !(may_stop && request.method == Method::delete_)) {
    return wrong_method(may_stop ? "POST, DELETE" : "POST");
  }
  if (auto refused = refuse_change(request)) return std::move(*refused);
  switch (order.verb) {
    case Order::Verb::rebalance:
      return rebalance(request, order.pool);
    case Order::Verb::reload:
      return reload();
    case Order::Verb::drain:
    case Order::Verb::undrain:
      break;
  }
  const auto how = read_drain_order(request.body);
  if (!how) return error_answer(400, "bad_parameter", how.error());
  const BackendName name{.pool = order.pool, .name = order.backend};
  const auto view =
      order.verb == Order::Verb::drain ? control_.drain(name, *how) : control_.undrain(name);
  if (view) return json_answer(backend_json(*view));
  return error_answer(404, "unknown_backend",
                      "there is no such pool, or no such backend in it that has an address; pinion "
                      "status lists them");
}

Answer Endpoint::reload() {
  const ReloadView done = control_.reload();
  if (done.under_way) {
    return error_answer(503, "reload_under_way",
                        "the reload is still under way; the log will tell how it ends");
  }
  if (done.errors.empty()) return json_answer(reload_json(done));
  Answer answer = json_answer(reload_failed_json(done));
  answer.status = 422;
  return answer;
}

}  // namespace pinion::admin
