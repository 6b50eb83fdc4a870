#include "views.h"

#include <algorithm>
#include <string_view>

#include "balance/explain.h"
#include "balance/fresh_probes.h"
#include "session/state.h"

namespace pinion {
namespace {

double in_ms(Duration duration) noexcept { return to_seconds(duration) * 1000.0; }

std::string why_down(const balance::Health& health) {
  std::string why(balance::describe(health.fault()));
  const Duration held = health.held_until() - monotonic_now();
  if (held > std::chrono::seconds{1}) {
    why += "; it went up and down, and is held back for " + std::to_string(to_ms(held) / 1000) +
           " s more";
  }
  return why;
}

std::string_view state_of(const balance::Backend& backend) noexcept {
  if (backend.agent().stance() == balance::Stance::down) return "down";
  if (backend.agent().stance() == balance::Stance::maintenance) return "maintenance";
  if (backend.draining()) return backend.empty() ? "drained" : "draining";
  return backend.health().up() ? "up" : "down";
}

// More of it is worse.
unsigned level_number(const std::string& level) noexcept {
  if (level == to_string(balance::Level::full)) return 2;
  return level == to_string(balance::Level::busy) ? 1 : 0;
}

void add_probes(admin::BackendView& view, const balance::ProbeReading& probes) {
  if (probes.latency > Duration::zero()) view.probe_latency_ms = in_ms(probes.latency);
  view.load_confidence = probes.confidence;
  if (probes.confidence <= 0.0) return;
  view.busy_share = probes.busy_share;
  view.probe_wait_ms = in_ms(probes.wait);
}

void add_reports(admin::BackendView& view, const balance::Backend& backend) {
  view.reported_load = backend.reported_load().get(monotonic_now());
  if (const auto latency = backend.push_latency().seconds(monotonic_now()))
    view.push_latency_ms = 1000 * *latency;
  if (!backend.agent().heard()) return;
  view.agent = balance::to_string(backend.agent().stance());
  view.agent_percent = backend.agent().percent();
}

void add_load(admin::BackendView& view, const balance::Backend& backend,
              const balance::BackendSet* set) {
  const TimePoint now = monotonic_now();
  const balance::LoadReading reading = backend.load_reading();
  view.load = balance::load_of(backend, now);
  if (reading.learnt_cost > 0) view.cost_us = 1e6 * reading.learnt_cost;
  view.work_rate = reading.rates.work();
  view.frames_in_rate = reading.rates.frames_in;
  view.frames_out_rate = reading.rates.frames_out;
  view.bytes_in_rate = reading.rates.bytes_in;
  view.bytes_out_rate = reading.rates.bytes_out;
  if (reading.requests_known) view.request_busy_share = reading.request_share;
  view.request_weight = reading.request_weight;
  view.blocked_ms = static_cast<std::uint64_t>(to_ms(backend.blocked()));
  view.hot = reading.hot && balance::freshness(reading.at, now) > 0;
  view.ramping = backend.forecast().is_ramping(now, backend.returns());
  view.why = set == nullptr ? "left: it is no longer in the config, or there by another name"
                            : balance::explain(backend, set->rate, now, set->balance);
}

std::vector<std::pair<std::string, std::uint64_t>> by_result(const balance::ProbeCounts& counts) {
  std::vector<std::pair<std::string, std::uint64_t>> all;
  all.reserve(balance::kProbeResults);
  for (std::size_t i = 0; i < balance::kProbeResults; ++i) {
    all.emplace_back(balance::to_string(static_cast<balance::ProbeResult>(i)),
                     counts.by_result[i].value());
  }
  return all;
}

std::vector<std::pair<std::string, std::uint64_t>> samples_by_kind(
    const balance::RequestSamples& samples) {
  std::vector<std::pair<std::string, std::uint64_t>> all;
  all.reserve(balance::kSampledRequests);
  for (std::size_t i = 0; i < balance::kSampledRequests; ++i) {
    const auto kind = static_cast<balance::SampledRequest>(i);
    all.emplace_back(balance::to_string(kind), samples.total(kind));
  }
  return all;
}

}  // namespace

admin::OverloadView overload_view(const proxy::OverloadState& state) {
  admin::OverloadView view;
  for (std::size_t i = 0; i < proxy::kResources; ++i) {
    view.uses.push_back({.resource = std::string(to_string(static_cast<proxy::Resource>(i))),
                         .used = state.usage[i].load(std::memory_order_relaxed)});
  }
  for (std::size_t i = 0; i < proxy::kRungs; ++i) {
    view.rungs.push_back({.name = std::string(to_string(static_cast<proxy::Rung>(i))),
                          .taken = state.taken[i].load(std::memory_order_relaxed),
                          .changes = state.changes[i].load(std::memory_order_relaxed)});
  }
  return view;
}

admin::BackendView backend_view(const balance::Backend& backend, const balance::BackendSet* set,
                                const Mover& mover) {
  const bool departed = set == nullptr;
  const balance::BackendIdentity& who = backend.identity();
  const balance::Assigned assigned = backend.assigned();
  const bool up = backend.health().up();
  admin::BackendView view{.pool = who.pool_name,
                          .name = who.name,
                          .address = who.address.to_string(),
                          .weight = backend.weight(),
                          .max_sessions = backend.max_sessions(),
                          .state = std::string(departed ? "draining" : state_of(backend)),
                          .up = up && backend.agent().stance() != balance::Stance::down,
                          .ready = !departed && backend.takes_sessions()};
  view.sessions = assigned.live;
  view.websocket = std::min<std::uint64_t>(backend.websockets(), assigned.live);
  view.polling = view.sessions - view.websocket;
  view.reserved = assigned.reserved;
  view.inflight = backend.inflight();
  view.queued_bytes = backend.queued_bytes_both();
  view.queued_to_backend_bytes = backend.queued_bytes();
  view.sessions_total = backend.sessions_total();
  add_probes(view, balance::fresh_probes(backend, monotonic_now()));
  add_load(view, backend, set);
  add_reports(view, backend);
  const balance::Standing standing = backend.standing();
  view.level = balance::to_string(standing.level);
  view.limit = balance::to_string(standing.by);
  view.level_changes = backend.level_changes();
  if (!up) {
    view.reason = why_down(backend.health());
  } else if (departed) {
    view.reason = "is no longer in the config, or its host name leads elsewhere: it drains";
  } else if (backend.agent().wants_no_sessions()) {
    view.reason = "gets no sessions by the word of its agent";
    if (backend.empty()) view.reason += ", and is empty: " + mover.verdict(backend);
  } else if (backend.draining()) {
    view.reason = backend.empty() ? "is drained: " + mover.verdict(backend) : "drains";
  } else if (standing.level != balance::Level::calm) {
    view.reason = "is " + view.level + " by its limit of " + view.limit;
  } else if (backend.is_full()) {
    view.reason = "has all the sessions it may have";
  } else if (backend.health().silent()) {
    view.reason = "does not answer";
  } else if (backend.health().fails_handshakes()) {
    view.reason = "answers handshakes with 5xx or not at all";
  }
  if (const auto moving = mover.progress(who.id)) {
    view.moving = {.why = std::string(moving->why),
                   .remaining = moving->remaining,
                   .moved = moving->moved,
                   .per_second = moving->per_second};
  }
  return view;
}

std::vector<ListedBackend> backend_views(const BackendNames& names, const Mover& mover) {
  std::vector<ListedBackend> views;
  views.reserve(names.all().size());
  for (const auto& [backend, set, name] : names.all()) {
    views.push_back({backend, backend_view(*backend, set, mover)});
    views.back().view.name = name;
  }
  return views;
}

admin::SessionView session_view(const session::Session& session, const balance::Registry& registry,
                                TimePoint now) {
  const auto ms_since = [now](TimePoint then) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(to_ms(now - then), 0));
  };
  session::Rates rates = session.rates;
  rates.decay(now - session.last_seen);
  const auto round_trip = session.pings.round_trip();
  return {.sid = session.sid,
          .pool = registry.by_id(session.backend).identity().pool_name,
          .backend = registry.by_id(session.backend).identity().name,
          .transport = std::string(session::to_string(session.transport)),
          .state = std::string(session::to_string(session::state_of(session, now))),
          .client = session.client,
          .age_ms = ms_since(session.opened),
          .idle_ms = ms_since(session.last_seen),
          .frames_in = session.traffic.frames_in,
          .frames_out = session.traffic.frames_out,
          .bytes_in = session.traffic.bytes_in,
          .bytes_out = session.traffic.bytes_out,
          .queued_bytes = session.queued_bytes,
          .paused_ms = session.traffic.paused_ns / 1'000'000,
          .frames_in_rate = rates.frames_in,
          .frames_out_rate = rates.frames_out,
          .bytes_in_rate = rates.bytes_in,
          .bytes_out_rate = rates.bytes_out,
          .rtt_ms = round_trip ? std::optional(to_seconds(*round_trip) * 1000) : std::nullopt,
          .rtt_seen = std::string(session.pings.seen()),
          .last_error = std::string(session.last_error),
          .has_affinity = session.affinity != nullptr,
          .upstream_sid = session.upstream_sid != nullptr ? *session.upstream_sid : std::string{},
          .worker = session.worker};
}

metrics::BackendSample sample_of(const admin::BackendView& view, const balance::Backend& backend) {
  metrics::BackendSample sample{.pool = view.pool,
                                .name = view.name,
                                .up = view.up,
                                .ready = view.ready,
                                .level = level_number(view.level),
                                .level_changes = view.level_changes,
                                .load = view.load,
                                .work_rate = view.work_rate,
                                .hot = view.hot,
                                .ramping = view.ramping,
                                .websocket = view.websocket,
                                .polling = view.polling,
                                .reserved = view.reserved,
                                .inflight = view.inflight,
                                .queued_bytes = view.queued_to_backend_bytes,
                                .sessions_total = view.sessions_total};
  sample.busy_share = view.busy_share.value_or(0.0);
  sample.probe_wait_seconds = view.probe_wait_ms.value_or(0.0) / 1000.0;
  sample.load_confidence = view.load_confidence;
  sample.reported_load = view.reported_load.value_or(0.0);
  sample.push_latency_seconds = view.push_latency_ms.value_or(0.0) / 1000.0;
  sample.blocked_seconds = to_seconds(backend.blocked());
  sample.request_busy_share = view.request_busy_share.value_or(0.0);
  sample.request_weight = view.request_weight;
  sample.request_samples = samples_by_kind(backend.request_samples());
  sample.probes = by_result(backend.probe_counts());
  if (backend.agent_counts().any()) sample.agent_checks = by_result(backend.agent_counts());
  sample.load_reports = {{"taken", backend.reported_load().taken()},
                         {"unread", backend.reported_load().unread()}};
  return sample;
}

}  // namespace pinion
