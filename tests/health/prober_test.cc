#include "health/prober.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <string>

#include "balance/registry.h"
#include "uv/listen_socket.h"
#include "uv/run_until.h"

namespace pinion::health {
namespace {

using namespace std::chrono_literals;
using uv::test::run_until;

struct Events final : ProbeEvents {
  explicit Events(uv::Loop& on) : loop(on) {}
  void on_backend_reached(balance::Backend& backend) noexcept override {
    ++reached;
    backend.health().connected();
  }
  void on_backend_answered(balance::Backend& backend) noexcept override {
    ++answered;
    backend.health().answered();
  }
  void on_backend_missed(balance::Backend& backend, int status) noexcept override {
    ++missed;
    last_status = status;
    missed_at.push_back(loop.now());
    backend.health().connect_failed(loop.now());
  }
  uv::Loop& loop;
  int reached = 0, answered = 0, missed = 0, last_status = 0;
  std::vector<TimePoint> missed_at;
};

uv::BoundSockets listen_on(const SocketAddress& address) {
  auto bound = uv::bind_sockets(address, 1);
  REQUIRE(bound);
  return std::move(*bound);
}

const SocketAddress kAnyPort = *SocketAddress::from_ip("127.0.0.1", 0);

struct Watched {
  uv::Loop loop;
  Events events{loop};
  balance::Registry registry;
  Prober prober{loop, events, 500ms};

  balance::Backend& watch(const SocketAddress& address) {
    balance::Backend* const backend =
        registry.find_or_add({.pool_name = "chat", .name = "b", .address = address});
    auto set = std::make_shared<balance::BackendSet>();
    set->backends.push_back(backend);
    prober.watch({set});
    return *backend;
  }
};

}  // namespace

TEST_CASE("a backend that is new is tried at once, and left alone while it is up") {
  Watched w;
  const auto bound = listen_on(kAnyPort);
  const balance::Backend& backend = w.watch(bound.address);
  CHECK(run_until(w.loop, [&] { return w.events.reached == 1; }));
  CHECK(backend.health().up());
  const TimePoint then = w.loop.now();
  CHECK(run_until(w.loop, [&] { return w.loop.now() - then > 500ms; }));
  CHECK(w.events.reached == 1);
  CHECK(w.events.missed == 0);
}

TEST_CASE("a backend that is down is tried with backoff until it comes back") {
  Watched w;
  const SocketAddress address = listen_on(kAnyPort).address;
  balance::Backend& backend = w.watch(address);
  CHECK(run_until(w.loop, [&] { return w.events.missed == 3; }));
  CHECK(w.events.last_status == UV_ECONNREFUSED);
  CHECK_FALSE(backend.health().up());
  CHECK(w.events.missed_at[1] - w.events.missed_at[0] >= 250ms);
  CHECK(w.events.missed_at[2] - w.events.missed_at[1] >= 500ms);
  const auto back = listen_on(address);
  CHECK(run_until(w.loop, [&] { return w.events.reached == 1; }));
  CHECK(backend.health().up());
}

TEST_CASE("a suspicion is looked into at once") {
  Watched w;
  SocketAddress address = kAnyPort;
  balance::Backend* backend = nullptr;
  {
    const auto bound = listen_on(kAnyPort);
    address = bound.address;
    backend = &w.watch(address);
    CHECK(run_until(w.loop, [&] { return w.events.reached == 1; }));
  }
  backend->health().suspect();
  CHECK(run_until(w.loop, [&] { return w.events.missed == 1; }));
  CHECK_FALSE(backend->health().up());
}

TEST_CASE("a backend that is silent is asked for no session, again and again until it answers") {
  Watched w;
  const auto bound = listen_on(kAnyPort);
  balance::Backend& backend = w.watch(bound.address);
  CHECK(run_until(w.loop, [&] { return w.events.reached == 1; }));
  const uv::OwnedFd first{::accept(bound.sockets[0].get(), nullptr, nullptr)};
  backend.health().fell_silent();
  const auto next_question = [&](uv::OwnedFd& from) {
    std::string heard;
    CHECK(run_until(w.loop, [&] {
      char bytes[1024];
      if (from.get() < 0) from = uv::OwnedFd{::accept(bound.sockets[0].get(), nullptr, nullptr)};
      const ssize_t size = ::recv(from.get(), bytes, sizeof(bytes), MSG_DONTWAIT);
      if (size > 0) heard.append(bytes, static_cast<std::size_t>(size));
      return !heard.empty();
    }));
    return heard;
  };
  uv::OwnedFd nothing_said;
  CHECK(next_question(nothing_said).find("&sid=") != std::string::npos);
  CHECK(run_until(w.loop, [&] {
    char byte = 0;
    return ::recv(nothing_said.get(), &byte, 1, MSG_DONTWAIT) == 0;
  }));
  CHECK(backend.health().silent());
  uv::OwnedFd no_http;
  next_question(no_http);
  (void)::send(no_http.get(), "SSH-2.0-x\r\n", 11, MSG_NOSIGNAL);
  uv::OwnedFd answering;
  next_question(answering);
  CHECK(w.events.answered == 0);
  (void)::send(answering.get(), "HTTP/1.1 400 No\r\n", 17, MSG_NOSIGNAL);
  CHECK(run_until(w.loop, [&] { return w.events.answered == 1; }));
  CHECK_FALSE(backend.health().silent());
  CHECK(w.events.missed == 0);
}

TEST_CASE("watching the same backends again tries nobody anew") {
  Watched w;
  const auto bound = listen_on(kAnyPort);
  w.watch(bound.address);
  CHECK(run_until(w.loop, [&] { return w.events.reached == 1; }));
  w.watch(bound.address);
  const TimePoint then = w.loop.now();
  CHECK(run_until(w.loop, [&] { return w.loop.now() - then > 300ms; }));
  CHECK(w.events.reached == 1);
}

TEST_CASE("a backend that is watched no more is not tried") {
  Watched w;
  w.watch(listen_on(kAnyPort).address);
  CHECK(run_until(w.loop, [&] { return w.events.missed == 1; }));
  w.prober.watch({});
  const TimePoint then = w.loop.now();
  CHECK(run_until(w.loop, [&] { return w.loop.now() - then > 700ms; }));
  CHECK(w.events.missed == 1);
}

}  // namespace pinion::health
