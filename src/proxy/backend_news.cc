#include "proxy/backend_news.h"

#include "uv/loop.h"

namespace pinion::proxy {

namespace {

constexpr int kServerError = 500;  // the least of them
constexpr int kBadGateway = 502;
constexpr Duration kLackEvery = std::chrono::seconds{10};

bool is_our_own_lack(int status) noexcept {
  return status == UV_EMFILE || status == UV_ENFILE || status == UV_EADDRNOTAVAIL ||
         status == UV_ENOMEM || status == UV_ENOBUFS;
}

}  // namespace

void BackendNews::answered(balance::Backend& backend, int status, TimePoint now) {
  heard(backend);
  if (status != kBadGateway) {
    if (backend.health().request_answered(now)) say_up(backend);
    return;
  }
  if (!backend.health().failed(balance::Fault::bad_gateway, now)) return;
  say_down(backend, "backend is down: it answers 502 again and again; look at what is behind it",
           "status 502");
}

void BackendNews::handshake_opened(balance::Backend& backend, TimePoint now) {
  if (!backend.health().handshake_answered(false, now)) return;
  log_.info("backend opens sessions again",
            {{"pool", backend.identity().pool_name}, {"backend", backend.identity().name}});
}

void BackendNews::handshake_answered(balance::Backend& backend, int status, TimePoint now) {
  if (status < kServerError) return backend.health().handshake_refused();
  handshake_failed(backend, std::to_string(status), now);
}

void BackendNews::handshake_failed(balance::Backend& backend, const std::string& status,
                                   TimePoint now) {
  if (!backend.health().handshake_answered(true, now)) return;
  const balance::BackendIdentity& who = backend.identity();
  log_.warning(
      "backend fails handshakes; new sessions go to others, but for one now and then, until it "
      "opens them: see what its own log says",
      {{"pool", who.pool_name},
       {"backend", who.name},
       {"address", who.address.to_string()},
       {"status", status}});
}

void BackendNews::handshake_closed(balance::Backend& backend, TimePoint now) {
  if (!backend.health().handshake_closed(now)) return;
  say_unfit(backend,
            "backend closes WebSockets instead of opening them; new sessions go to others, but for "
            "one now and then, until it opens one: see whether its application refuses these "
            "clients");
}

void BackendNews::probe_passed(balance::Backend& backend, TimePoint now) {
  if (backend.health().answered(now)) say_up(backend);
}

void BackendNews::say_up(const balance::Backend& backend) {
  log_.info("backend is up",
            {{"pool", backend.identity().pool_name}, {"backend", backend.identity().name}});
}

void BackendNews::heard(balance::Backend& backend) {
  if (!backend.health().heard()) return;
  log_.info("backend answers again",
            {{"pool", backend.identity().pool_name}, {"backend", backend.identity().name}});
}

// Its probes may be answered all the while, and do not see what its handshakes wait for: one that
// falls silent again each time it was heard opens no sessions.
void BackendNews::unanswered(balance::Backend& backend, TimePoint now) {
  if (!backend.health().fell_silent()) return;
  handshake_failed(backend, "none", now);
  say_unfit(backend,
            "backend takes connections but does not answer handshakes; new sessions go to others "
            "until it does: see whether its process hangs");
}

void BackendNews::say_unfit(const balance::Backend& backend, std::string_view what) {
  log_.warning(what, {{"pool", backend.identity().pool_name},
                      {"backend", backend.identity().name},
                      {"address", backend.identity().address.to_string()}});
}

bool BackendNews::says_nobody_listens(int status) noexcept {
  return status == UV_ECONNREFUSED || status == UV_ENOENT;
}

void BackendNews::missed(balance::Backend& backend, int status, TimePoint now) {
  // The full backlog of a unix socket: somebody listens.
  if (status == UV_EAGAIN) return;
  if (is_our_own_lack(status)) return say_lack(backend, status, now);
  if (status == UV_ETIMEDOUT) {
    if (backend.health().connect_timed_out(now)) {
      say_down(backend, "backend is down: it takes no connections; it is tried again with backoff",
               uv::describe(status));
    }
    return;
  }
  if (backend.health().connect_failed(now)) {
    say_down(backend, "backend is down: it cannot be connected to; it is tried again with backoff",
             uv::describe(status));
  }
  // A process that does not listen any more has lost its sessions. Once, since the table is walked
  // for it.
  if (says_nobody_listens(status) && backend.health().first_refusal()) {
    ledger_.drop_backend(backend.id());
  }
}

void BackendNews::probe_failed(balance::Backend& backend, balance::Fault fault,
                               const std::string& why, TimePoint now) {
  if (!backend.health().failed(fault, now)) return;
  say_down(backend, "backend is down: its probes fail; it is probed again with backoff", why);
}

void BackendNews::say_down(const balance::Backend& backend, std::string_view what,
                           const std::string& why) {
  log_.warning(what, {{"pool", backend.identity().pool_name},
                      {"backend", backend.identity().name},
                      {"address", backend.identity().address.to_string()},
                      {"why", why}});
}

void BackendNews::say_lack(const balance::Backend& backend, int status, TimePoint now) {
  const std::int64_t at = now.time_since_epoch().count();
  std::int64_t said = lack_said_ns_.load(std::memory_order_relaxed);
  if (said != 0 && at - said < kLackEvery.count()) return;
  if (!lack_said_ns_.compare_exchange_strong(said, at, std::memory_order_relaxed)) return;
  log_.error(
      "connections to backends cannot be made: descriptors, ports or memory are used up; raise "
      "LimitNOFILE or lower [proxy].max_connections",
      {{"backend", backend.identity().name}, {"why", uv::describe(status)}});
}

}  // namespace pinion::proxy
