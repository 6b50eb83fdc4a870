#include "proxy/remarks.h"

#include <fmt/format.h>

#include "balance/backend_set.h"
#include "balance/explain.h"
#include "engineio/open_packet.h"
#include "proxy/worker.h"

namespace pinion::proxy {

namespace {

constexpr Duration kWarnEvery = std::chrono::seconds{10};
// Placings are told of, for each backend that is taken.
constexpr Duration kExplainEvery = std::chrono::seconds{1};
constexpr std::size_t kMostExplained = 16;  // backends, in one line

}  // namespace

Remarks::Remarks(Worker& worker) noexcept
    : worker_(worker), warnings_(kWarnEvery), placings_(kExplainEvery) {}

void Remarks::not_accepted(int status, bool turned_away) {
  const auto held_back = warnings_.admit("clients not accepted", worker_.now());
  if (!held_back) return;
  worker_.shared().log.warning(
      "clients cannot be accepted: descriptors or memory are used up; raise LimitNOFILE or lower "
      "[proxy].max_connections",
      {{"why", uv::describe(status)},
       {"client", turned_away ? "turned away" : "left to wait"},
       {"repeated", *held_back}});
}

void Remarks::slow_consumer(PoolId pool, std::string_view sid, std::size_t waiting) {
  const std::string& name = worker_.config().pools[pool].name;
  const auto held_back = warnings_.admit("slow consumer of " + name, worker_.now());
  if (!held_back) return;
  worker_.shared().log.warning(
      "a client does not read and is closed, see [pool.slow_consumer]",
      {{"pool", name}, {"sid", sid}, {"waiting_bytes", waiting}, {"repeated", *held_back}});
}

void Remarks::over_budget(std::size_t waiting) {
  const auto held_back = warnings_.admit("over budget", worker_.now());
  if (!held_back) return;
  worker_.shared().log.warning("more waits than [proxy.limits].buffered_total: closing the slowest",
                               {{"waiting_bytes", waiting}, {"repeated", *held_back}});
}

void Remarks::unpinned(PoolId pool, std::string_view path) {
  const config::Pool& config = worker_.config().pools[pool];
  // Nothing is to be pinned there.
  if (config.socketio_path.empty()) return;
  const auto held_back = warnings_.admit("unpinned in " + config.name, worker_.now());
  if (!held_back) return;
  worker_.shared().log.warning(
      "a request looks like Engine.IO's but is not below socketio_path, so its session is not "
      "pinned: set socketio_path to where the application serves it",
      {{"pool", config.name},
       {"path", path},
       {"socketio_path", config.socketio_path},
       {"repeated", *held_back}});
}

// @param taken what has just been, if any: it was due, and is not due again so soon
std::string Remarks::explained(const balance::BackendSet& set,
                               const balance::Backend* taken) const {
  std::string all;
  std::size_t told = 0;
  const auto tell = [&](const balance::Backend& one) {
    if (told++ >= kMostExplained) return;
    const auto load = balance::load_of(one, worker_.now());
    const std::uint32_t rate = &one == taken ? 0 : set.rate;
    all +=
        fmt::format("{}{}: load {}, {} sessions, {}", all.empty() ? "" : "; ", one.identity().name,
                    load ? fmt::format("{:.2f}", *load) : "unknown", one.assigned().total(),
                    balance::explain(one, rate, worker_.now(), set.balance));
  };
  const auto compared = worker_.assigner().compared();
  const bool some = taken != nullptr && compared.size() < set.backends.size() &&
                    set.backends.size() > balance::Assigner::kMostCompared;
  if (some) {
    for (const balance::Candidate& candidate : compared) tell(*candidate.backend);
    return fmt::format("{}; these of {} were compared", all, set.backends.size());
  }
  for (const balance::Backend* const backend : set.backends) tell(*backend);
  return told <= kMostExplained ? all : fmt::format("{}; and {} more", all, told - kMostExplained);
}

void Remarks::placed(const balance::Backend& taken) {
  if (!worker_.shared().log.enabled(log::Level::debug)) return;
  const balance::BackendIdentity& who = taken.identity();
  const auto held_back = placings_.admit(who.pool_name + '/' + who.name, worker_.now());
  if (!held_back) return;
  const balance::BackendSet& set = worker_.backends(who.pool);
  worker_.shared().log.debug("session placed",
                             {{"pool", who.pool_name},
                              {"backend", who.name},
                              {"why", balance::explain(taken, 0, worker_.now(), set.balance)},
                              {"among", explained(set, &taken)},
                              {"repeated", *held_back}});
}

void Remarks::refused(PoolId pool, metrics::ShedReason reason) {
  if (!worker_.shared().log.enabled(log::Level::debug)) return;
  const std::string& name = worker_.config().pools[pool].name;
  const auto held_back = placings_.admit("refused in " + name, worker_.now());
  if (!held_back) return;
  worker_.shared().log.debug("session refused",
                             {{"pool", name},
                              {"why", metrics::to_string(reason)},
                              {"among", explained(worker_.backends(pool), nullptr)},
                              {"repeated", *held_back}});
}

void Remarks::led_home(const balance::Backend& home, std::string_view by) {
  const balance::BackendIdentity& who = home.identity();
  worker_.shared().log.debug("session led home",
                             {{"pool", who.pool_name}, {"backend", who.name}, {"by", by}});
}

void Remarks::unlearnt(const balance::Backend& backend) {
  const auto held_back = warnings_.admit("unlearnt from " + backend.identity().name, worker_.now());
  if (!held_back) return;
  worker_.shared().log.warning(
      fmt::format("the answer to a handshake opens no session that could be pinned: it is no open "
                  "packet, or is compressed, or its sid has more than {} bytes",
                  engineio::kMaxSid),
      {{"pool", backend.identity().pool_name},
       {"backend", backend.identity().name},
       {"repeated", *held_back}});
}

void Remarks::bad_response(const balance::Backend& backend, std::string_view what) {
  const std::string key = backend.identity().name + ' ' + std::string(what);
  const auto held_back = warnings_.admit(key, worker_.now());
  if (!held_back) return;
  const std::string_view limit = what == code_of(http::HeadError::head_too_large)    ? "head"
                                 : what == code_of(http::HeadError::too_many_fields) ? "headers"
                                                                                     : "";
  const std::string message =
      limit.empty() ? "backend sent an answer that is not valid HTTP; the client got 502"
                    : fmt::format(
                          "backend sent a head of more than [proxy.limits].{} allows; the "
                          "client got 502",
                          limit);
  worker_.shared().log.warning(message, {{"pool", backend.identity().pool_name},
                                         {"backend", backend.identity().name},
                                         {"what", what},
                                         {"repeated", *held_back}});
}

}  // namespace pinion::proxy
