#include "proxy/overload_watch.h"

#include <algorithm>

namespace pinion::proxy {
namespace {

constexpr Duration kEvery = std::chrono::milliseconds{100};

double share(double used, double limit) noexcept { return limit == 0 ? 0.0 : used / limit; }

}  // namespace

OverloadWatch::OverloadWatch(uv::Loop& loop, Shared& shared, const metrics::AllCounters& counters,
                             const config::Overload& config)
    : loop_(loop),
      shared_(shared),
      counters_(counters),
      config_(config),
      timer_(loop, as_ticker()) {
  timer_.start(kEvery, kEvery);
}

Usage OverloadWatch::measured() const noexcept {
  std::uint64_t lag_ns = 0;
  for (const auto& worker : counters_) lag_ns = std::max(lag_ns, worker->loop_lag_ns.value());
  const auto number = [](std::size_t value) { return static_cast<double>(value); };
  Usage usage{};
  usage[static_cast<std::size_t>(Resource::buffers)] =
      share(number(shared_.budget.used()), number(shared_.budget.limit()));
  usage[static_cast<std::size_t>(Resource::connections)] = share(
      number(shared_.connections.load(std::memory_order_relaxed)), number(shared_.max_connections));
  usage[static_cast<std::size_t>(Resource::loop_lag)] =
      share(number(lag_ns), static_cast<double>(config_.loop_lag.count()));
  return usage;
}

void OverloadWatch::on_tick() noexcept {
  const auto taken = ladder_.update(measured(), config_, loop_.now());
  for (std::size_t i = 0; i < kResources; ++i) {
    shared_.overload.usage[i].store(ladder_.usage()[i], std::memory_order_relaxed);
  }
  for (std::size_t i = 0; i < kRungs; ++i) {
    if (shared_.overload.taken[i].exchange(taken[i], std::memory_order_relaxed) == taken[i])
      continue;
    shared_.overload.changes[i].fetch_add(1, std::memory_order_relaxed);
    changed(static_cast<Rung>(i), taken[i]);
  }
}

void OverloadWatch::changed(Rung rung, bool taken) {
  const Usage& usage = ladder_.usage();
  const auto most = rung == Rung::close_slowest
                        ? static_cast<std::size_t>(Resource::buffers)
                        : static_cast<std::size_t>(std::ranges::max_element(usage) - usage.begin());
  shared_.log.write(taken ? log::Level::warning : log::Level::info,
                    taken ? "overload: a rung is taken" : "overload: a rung is left",
                    {{"rung", to_string(rung)},
                     {"by", to_string(static_cast<Resource>(most))},
                     {"used_percent", static_cast<std::uint64_t>(100 * usage[most])}});
}

}  // namespace pinion::proxy
