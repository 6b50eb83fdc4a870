// Which member of Config a key of the table fills: the one list that is walked to read a file and
// to show a config. What is not a plain value (the tables of backends, a route's pool) is left to
// assemble.cc and summary.cc.
//
// Threads: pure functions. `field` is called with the key's name and a reference to the member.
#pragma once

#include <concepts>
#include <type_traits>

#include "config/config.h"
#include "config/key_table.h"

namespace pinion::config {

template <class T, class Struct>
concept MaybeConst = std::same_as<std::remove_const_t<T>, Struct>;

void each_field(MaybeConst<Proxy> auto& proxy, auto&& field) {
  field("listen", proxy.listen);
  field("workers", proxy.workers);
  field("max_connections", proxy.max_connections);
  field("shutdown_grace", proxy.shutdown_grace);
  field("trusted_proxies", proxy.trusted_proxies);
}

void each_field(MaybeConst<Timeouts> auto& timeouts, auto&& field) {
  field("request_head", timeouts.request_head);
  field("request_body_idle", timeouts.request_body_idle);
  field("keep_alive", timeouts.keep_alive);
  field("connect", timeouts.connect);
  field("response_head", timeouts.response_head);
  field("response_idle", timeouts.response_idle);
  field("tunnel_idle", timeouts.tunnel_idle);
}

void each_field(MaybeConst<Limits> auto& limits, auto&& field) {
  field("head", limits.head);
  field("headers", limits.headers);
  field("url", limits.url);
  field("body", limits.body);
  field("buffered_body", limits.buffered_body);
  field("buffered_per_session", limits.buffered_per_session);
  field("buffered_total", limits.buffered_total);
  field("pins", limits.pins);
  field("affinity_ids", limits.affinity_ids);
  field("farewells", limits.farewells);
}

void each_field(MaybeConst<Overload> auto& overload, auto&& field) {
  field("no_keep_alive", overload.no_keep_alive);
  field("short_idle", overload.short_idle);
  field("refuse_plain", overload.refuse_plain);
  field("refuse_handshakes", overload.refuse_handshakes);
  field("idle", overload.idle);
  field("loop_lag", overload.loop_lag);
}

void each_field(MaybeConst<Admin> auto& admin, auto&& field) {
  field("listen", admin.listen);
  field("token_file", admin.token_file);
  field("connections", admin.connections);
  field("timeout", admin.timeout);
}

void each_field(MaybeConst<Log> auto& log, auto&& field) {
  field("level", log.level);
  field("format", log.format);
  field("access", log.access);
}

void each_field(MaybeConst<Health> auto& health, auto&& field) {
  field("kind", health.kind);
  field("path", health.path);
  field("expect", health.expect);
  field("interval", health.interval);
  field("timeout", health.timeout);
  field("rise", health.rise);
  field("fall", health.fall);
  field("load_metric", health.load_metric);
  field("load_full", health.load_full);
}

void each_field(MaybeConst<SlowConsumer> auto& slow_consumer, auto&& field) {
  field("after", slow_consumer.after);
}

void each_field(MaybeConst<EventRate> auto& event_rate, auto&& field) {
  field("frames", event_rate.frames);
  field("bytes", event_rate.bytes);
  field("burst", event_rate.burst);
}

/// All but `backends` and the sections below it.
void each_field(MaybeConst<Pool> auto& pool, auto&& field) {
  field("name", pool.name);
  field("preset", pool.preset);
  field("balance", pool.balance);
  field("ramp", pool.ramp);
  field("hot", pool.hot);
  field("socketio_path", pool.socketio_path);
  field("keep_alive", pool.keep_alive);
  field("keep_alive_connections", pool.keep_alive_connections);
  field("patience", pool.patience);
}

void each_field(MaybeConst<LevelLimits> auto& limits, auto&& field) {
  field("sessions", limits.sessions);
  field("loop_delay", limits.loop_delay);
  field("busy_share", limits.busy_share);
  field("queued_bytes", limits.queued_bytes);
  field("inflight", limits.inflight);
  field("reported_load", limits.reported_load);
}

void each_field(MaybeConst<Admission> auto& admission, auto&& field) {
  field("queue", admission.queue);
  field("wait", admission.wait);
  field("rate", admission.rate);
  field("recovery", admission.recovery);
}

void each_field(MaybeConst<Affinity> auto& affinity, auto&& field) {
  field("ids", affinity.ids);
  field("json_paths", affinity.json_paths);
  field("keep", affinity.keep);
  field("connect_wait", affinity.connect_wait);
  field("move_wait", affinity.move_wait);
  field("cookie", affinity.cookie);
  field("cookie_key_file", affinity.cookie_key_file);
  field("cookie_same_site", affinity.cookie_same_site);
}

/// The sections below [proxy]. `section` is called with the section and a reference to the member.
void each_section(MaybeConst<Proxy> auto& proxy, auto&& section) {
  section(Section::timeouts, proxy.timeouts);
  section(Section::limits, proxy.limits);
  section(Section::overload, proxy.overload);
}

/// The sections below [[pool]], but for its backends.
void each_section(MaybeConst<Pool> auto& pool, auto&& section) {
  section(Section::health, pool.health);
  section(Section::slow_consumer, pool.slow_consumer);
  section(Section::busy, pool.thresholds.busy);
  section(Section::full, pool.thresholds.full);
  section(Section::admission, pool.admission);
  section(Section::event_rate, pool.event_rate);
  section(Section::affinity, pool.affinity);
}

void each_field(MaybeConst<Backend> auto& backend, auto&& field) {
  field("name", backend.name);
  field("address", backend.address);
  field("weight", backend.weight);
  field("max_sessions", backend.max_sessions);
  field("agent", backend.agent);
}

/// All but `pool`.
void each_field(MaybeConst<Route> auto& route, auto&& field) {
  field("host", route.host);
  field("path", route.path);
}

}  // namespace pinion::config
