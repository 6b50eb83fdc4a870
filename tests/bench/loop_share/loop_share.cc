// Gives a server a known share of work, and tells what pinion's own probes make of it.
//
//   loop_share HTTP_PORT WORK_PORT PIECES_PER_SECOND SECONDS
//
// First it is calm for some seconds, as most backends once were, then pieces of work go out at
// random times (Poisson) on 20 connections. Prints the busy share, the mean wait in ms, the
// baseline in ms, the confidence and the number of samples.
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <atomic>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <random>
#include <thread>
#include <vector>

#include "balance/registry.h"
#include "health/prober.h"

namespace pinion::bench {
namespace {

constexpr Duration kCalm = std::chrono::seconds{5};
constexpr int kSessions = 20;

struct Silent final : health::ProbeEvents {
  void on_probe(balance::Backend& /*backend*/,
                const health::ProbeOutcome& /*outcome*/) noexcept override {}
};

uv::OwnedFd connect_to(std::uint16_t port) {
  uv::OwnedFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const SocketAddress to = *SocketAddress::from_ip("127.0.0.1", port);
  const int on = 1;
  (void)::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (::connect(fd.get(), to.raw(), to.raw_size()) != 0) {
    std::cerr << "loop_share: nobody listens at " << to.to_string() << '\n';
    std::exit(1);
  }
  return fd;
}

void wait_until(TimePoint at) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t ns = at.time_since_epoch().count();
  const timespec time{.tv_sec = ns / kSecond, .tv_nsec = ns % kSecond};
  (void)::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr);
}

// A byte is a piece of work. What does not fit into a socket is not sent: that server is full.
void work(std::uint16_t port, double per_second, TimePoint end) {
  std::vector<uv::OwnedFd> sessions;
  for (int i = 0; i < kSessions; ++i) sessions.push_back(connect_to(port));
  std::mt19937 random{std::random_device{}()};
  std::exponential_distribution<double> gap(per_second);
  for (TimePoint at = monotonic_now(); at < end;) {
    at += Duration{static_cast<std::int64_t>(gap(random) * 1e9)};
    wait_until(at);
    (void)::send(sessions[random() % kSessions].get(), "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
  }
}

std::shared_ptr<const config::Config> probed_often() {
  auto config = std::make_shared<config::Config>();
  config::Pool pool;
  pool.socketio_path = "/socket.io/";
  pool.health.interval = std::chrono::milliseconds{100};
  pool.health.timeout = std::chrono::seconds{20};
  config->pools.push_back(std::move(pool));
  return config;
}

void run_for(uv::Loop& loop, Duration time) {
  const TimePoint end = monotonic_now() + time;
  while (monotonic_now() < end) loop.run_once();
}

int run(char** arguments) {
  const auto http_port = static_cast<std::uint16_t>(std::atoi(arguments[1]));
  const auto work_port = static_cast<std::uint16_t>(std::atoi(arguments[2]));
  const double per_second = std::atof(arguments[3]);
  const Duration time{static_cast<std::int64_t>(std::atof(arguments[4]) * 1e9)};
  uv::Loop loop;
  Silent silent;
  balance::Registry registry;
  balance::Backend* const backend = registry.find_or_add(
      {.name = "b", .address = *SocketAddress::from_ip("127.0.0.1", http_port)});
  auto set = std::make_shared<balance::BackendSet>();
  set->backends.push_back(backend);
  health::Prober prober(loop, silent, probed_often());
  prober.watch({set});
  run_for(loop, kCalm);
  std::thread worker;
  if (per_second > 0) worker = std::thread(work, work_port, per_second, monotonic_now() + time);
  std::cout << "working" << std::endl;
  run_for(loop, time);
  const balance::ProbeReading reading = backend->probe_reading();
  if (worker.joinable()) worker.join();
  std::cout << reading.busy_share << ' ' << 1000 * to_seconds(reading.wait) << ' '
            << 1000 * to_seconds(reading.baseline) << ' ' << reading.confidence << ' '
            << reading.samples << '\n';
  return 0;
}

}  // namespace
}  // namespace pinion::bench

int main(int count, char** arguments) {
  if (count == 5) return pinion::bench::run(arguments);
  std::cerr << "usage: loop_share HTTP_PORT WORK_PORT PIECES_PER_SECOND SECONDS\n";
  return 2;
}
