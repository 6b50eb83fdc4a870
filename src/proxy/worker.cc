#include "proxy/worker.h"

#include <algorithm>
#include <utility>

#include "balance/orca.h"
#include "proxy/worker_connections.h"

namespace pinion::proxy {

using metrics::CloseReason;

namespace {

constexpr Duration kTick = std::chrono::milliseconds{100};
constexpr Duration kTellPausedEvery = std::chrono::seconds{1};
constexpr std::size_t kWheelSlots = 1024;
constexpr std::size_t kFreeChunks = 64;
// Clients above max_connections that are heard, each for one request; more are closed without a
// word. Descriptors for them are set aside.
constexpr std::size_t kGuests = 32;

http::HeadLimits limits_of_heads(const config::Limits& limits) noexcept {
  return {.head = limits.head, .fields = limits.headers, .url = limits.url};
}

bool tunnels_notice(const config::Config& before, const config::Config& after) {
  if (before.proxy.timeouts.tunnel_idle != after.proxy.timeouts.tunnel_idle) return true;
  // Pools keep their index; those that are new have no tunnels yet.
  for (std::size_t i = 0; i < before.pools.size() && i < after.pools.size(); ++i) {
    if (before.pools[i].event_rate != after.pools[i].event_rate) return true;
  }
  return false;
}

}  // namespace

Worker::Worker(Shared& shared, metrics::WorkerCounters& counters, Setup setup)
    : shared_(shared),
      counters_(counters),
      setup_(std::move(setup)),
      backends_(setup_.backends),
      chunks_(shared.budget, kFreeChunks),
      wheel_(kTick, kWheelSlots, loop_.now()),
      random_(std::random_device{}()),
      assigner_(shared.turns, std::random_device{}()),
      upstreams_(*this),
      cookies_(shared.cookie_key),
      remarks_(*this),
      head_limits_(limits_of_heads(config().proxy.limits)),
      high_mark_(config().proxy.limits.buffered_per_session / 2),
      mailbox_(std::make_unique<uv::Mailbox>(loop_)),
      ticker_(std::make_unique<uv::ExactTimer>(loop_, as_ticker())),
      admission_(std::make_unique<AdmissionDesk>(loop_, shared.admissions)),
      connections_(std::make_unique<Connections>()) {
  loop_.set_after_turn(this);
  shared_.workers.push_back(this);
}

Worker::~Worker() = default;

void Worker::listen(std::string name, uv::OwnedFd socket, bool unix_socket) {
  if (shutting_down_) return;
  listeners_.push_back({.name = std::move(name),
                        .listener = std::make_unique<uv::Listener>(
                            loop_, chunks_, std::move(socket), unix_socket, as_acceptor())});
}

void Worker::stop_listening(const std::vector<std::string>& names) {
  std::erase_if(listeners_, [&](const Listening& each) {
    if (std::ranges::find(names, each.name) == names.end()) return false;
    each.listener->take_all();
    return true;
  });
}

void Worker::set_config(std::shared_ptr<const config::Config> config) {
  const auto before = std::exchange(setup_.config, std::move(config));
  const config::Limits& limits = setup_.config->proxy.limits;
  head_limits_ = limits_of_heads(limits);
  high_mark_ = limits.buffered_per_session / 2;
  if (!tunnels_notice(*before, *setup_.config)) return;
  Tunnel* next = connections_->tunnels.front();
  while (next != nullptr) {
    Tunnel& tunnel = *next;
    next = connections_->tunnels.after(tunnel);
    tunnel.follow_config();
  }
}

void Worker::run() noexcept {
  loop_.update_now();
  await_tick();
  loop_.run();
}

void Worker::on_accept(uv::Stream stream, const SocketAddress& peer) noexcept {
  counters_.accepted.add();
  const std::size_t before = shared_.connections.fetch_add(1, std::memory_order_relaxed);
  // Owned by the list from here on.
  auto* const downstream = new Downstream(*this, std::move(stream), peer.ip());
  connections_->downstreams.push_back(*downstream);
  if (before >= shared_.max_connections + kGuests) {
    count_shed(metrics::ShedReason::connections);
    downstream->abort(CloseReason::client_error);
  } else if (before >= shared_.max_connections) {
    downstream->start_as_guest();
  } else {
    downstream->start();
  }
}

void Worker::on_accept_failed(int status, bool turned_away) noexcept {
  if (turned_away) count_shed(metrics::ShedReason::descriptors);
  remarks_.not_accepted(status, turned_away);
}

void Worker::connection_closed() noexcept {
  counters_.closed.add();
  shared_.connections.fetch_sub(1, std::memory_order_relaxed);
}

void Worker::resume_later(Downstream& downstream) noexcept {
  auto& hook = static_cast<ListHook<ResumeLater>&>(downstream);
  if (!hook.is_linked()) connections_->resuming.push_back(downstream);
}

void Worker::add(std::unique_ptr<Tunnel> tunnel) {
  connections_->tunnels.push_back(*tunnel.release());
}

void Worker::add(std::unique_ptr<Farewell> farewell) {
  if (farewells_ >= config().proxy.limits.farewells) return counters_.farewells_dropped.add();
  ++farewells_;
  Farewell& added = *farewell.release();
  connections_->farewells.push_back(added);
  added.start();
}

void Worker::tell_joined(std::uint64_t workers, std::uint64_t serial) {
  for (std::size_t i = 0; workers != 0 && i < shared_.workers.size(); ++i) {
    if ((workers >> (i % 64U) & 1U) == 0) continue;
    Worker& worker = *shared_.workers[i];
    // Not from here either: who tells is still at work on a request of the same session.
    worker.post([&worker, serial] { worker.joining().joined(serial); });
  }
}

void Worker::mark_dirty(Tunnel& tunnel) noexcept {
  auto& hook = static_cast<ListHook<DirtyTunnels>&>(tunnel);
  if (tunnel.list_as_paused(false)) hook.unlink();
  if (!hook.is_linked()) connections_->dirty.push_back(tunnel);
}

void Worker::mark_paused(Tunnel& tunnel) noexcept {
  auto& hook = static_cast<ListHook<DirtyTunnels>&>(tunnel);
  if (hook.is_linked()) return;
  tunnel.list_as_paused(true);
  connections_->paused.push_back(tunnel);
}

void Worker::retire(std::unique_ptr<Retirable> done) {
  if (done != nullptr) retired_.push_back(std::move(done));
}

void Worker::retire(Downstream& done) {
  static_cast<ListHook<Downstream>&>(done).unlink();
  static_cast<ListHook<ResumeLater>&>(done).unlink();
  retired_.emplace_back(&done);
}

void Worker::retire(Tunnel& done) {
  static_cast<ListHook<Tunnel>&>(done).unlink();
  static_cast<ListHook<DirtyTunnels>&>(done).unlink();
  retired_.emplace_back(&done);
}

void Worker::retire(Farewell& done) {
  static_cast<ListHook<Farewell>&>(done).unlink();
  --farewells_;
  retired_.emplace_back(&done);
}

bool Worker::after_turn() noexcept {
  // Those who ask again while they are resumed wait for the next turn.
  IntrusiveList<Downstream, ResumeLater> resuming;
  resuming.splice_back(connections_->resuming);
  while (Downstream* const downstream = resuming.pop_front()) downstream->resume();
  // Freeing may retire more.
  while (!retired_.empty()) {
    retired_.swap(freed_);
    freed_.clear();
  }
  return !connections_->resuming.empty();
}

void Worker::on_tick() noexcept {
  measure_lag();
  await_tick();
  // What has come since then is still to be asked for.
  wheel_.advance(loop_.turn_began());
  if (now() >= paused_due_) {
    paused_due_ = now() + kTellPausedEvery;
    publish_dirty();
  } else {
    publish_news();
  }
  relieve_buffers();
  shorten_idle();
  if (shutting_down_) pace_shutdown();
}

void Worker::measure_lag() noexcept {
  const Duration late = std::max(now() - next_tick_, Duration::zero());
  counters_.loop_lag_ns.set(static_cast<std::uint64_t>(late.count()));
}

void Worker::await_tick() noexcept {
  next_tick_ = now() + kTick;
  ticker_->start(next_tick_);
}

void Worker::publish_dirty() noexcept {
  while (Tunnel* const tunnel = connections_->paused.front()) mark_dirty(*tunnel);
  publish_news();
}

void Worker::publish_news() noexcept {
  while (Tunnel* const tunnel = connections_->dirty.pop_front()) tunnel->publish();
}

Duration Worker::idle_time() const noexcept {
  const Duration usual = config().proxy.timeouts.keep_alive;
  return overloaded(Rung::short_idle) ? std::min(usual, config().proxy.overload.idle) : usual;
}

void Worker::count_close(CloseReason reason) {
  counters_.closes[static_cast<std::size_t>(reason)].add();
  shared_.log.debug("connection closed", {{"reason", metrics::to_string(reason)},
                                          {"side", metrics::to_string(metrics::side_of(reason))}});
}

void Worker::take_report(balance::Backend& backend, const http::Fields& fields) const {
  const auto report = fields.find(balance::kOrcaField);
  if (!report) return;
  const config::Pool& pool = config().pools[backend.identity().pool];
  backend.reported_load().take(*report, balance::report_rules(pool), backend.assigned().total(),
                               now());
}

void Worker::count_rebind(PoolId pool, std::string_view sid, metrics::RebindResult result) {
  counters_.pools[pool].rebind(result);
  shared_.log.debug(
      "session rebind",
      {{"pool", config().pools[pool].name}, {"sid", sid}, {"result", metrics::to_string(result)}});
}

void Worker::shut_down(Duration grace) {
  shutdown_deadline_ = now() + grace;
  if (std::exchange(shutting_down_, true)) return pace_shutdown();
  for (const Listening& each : listeners_) each.listener->take_all();
  listeners_.clear();
  upstreams_.clear();
  Downstream* next = connections_->downstreams.front();
  while (next != nullptr) {
    Downstream& downstream = *next;
    next = connections_->downstreams.after(downstream);
    downstream.shut_down();
  }
  // Those that are idle have gone, or do so soon.
  std::size_t there = 0;
  for (Tunnel* at = connections_->tunnels.front(); at != nullptr;
       at = connections_->tunnels.after(*at)) {
    ++there;
  }
  for (Downstream* at = connections_->downstreams.front(); at != nullptr;
       at = connections_->downstreams.after(*at)) {
    ++there;
  }
  // Over the first half of the grace, so that the clients do not all come back at once.
  const auto ticks = std::max<std::size_t>(1, static_cast<std::size_t>(grace / 2 / kTick));
  closes_per_tick_ = std::max<std::size_t>(10, (there + ticks - 1) / ticks);
  // Who waits for room hears now that there will be none.
  admission_->serve();
  pace_shutdown();
}

void Worker::pace_shutdown() noexcept {
  std::size_t closed = 0;
  Tunnel* next = connections_->tunnels.front();
  while (next != nullptr && closed < closes_per_tick_) {
    Tunnel& tunnel = *next;
    next = connections_->tunnels.after(tunnel);
    if (tunnel.closing()) continue;
    tunnel.close_gracefully(websocket::CloseCode::going_away, CloseReason::shutdown);
    ++closed;
  }
  Downstream* next_poll = connections_->downstreams.front();
  while (next_poll != nullptr && closed < closes_per_tick_) {
    Downstream& downstream = *next_poll;
    next_poll = connections_->downstreams.after(downstream);
    if (downstream.give_up_poll()) ++closed;
  }
  if (now() >= shutdown_deadline_) {
    while (Tunnel* const tunnel = connections_->tunnels.front())
      tunnel->abort(CloseReason::shutdown);
    while (Downstream* const left = connections_->downstreams.front()) {
      left->abort(CloseReason::shutdown);
    }
  }
  if (connections_->tunnels.empty() && connections_->downstreams.empty()) close_everything();
}

// The mailbox stays until the destructor, since others may still post to it.
void Worker::close_everything() noexcept {
  while (Farewell* const farewell = connections_->farewells.front()) farewell->end();
  upstreams_.clear();
  loop_.stop();
}

}  // namespace pinion::proxy
