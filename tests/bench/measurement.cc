#include "measurement.h"

#include <algorithm>

#include "http_load.h"
#include "usage.h"
#include "websocket_load.h"

namespace pinion::bench {
namespace {

constexpr std::size_t kSmallBase = 64;  // sessions that are open before memory is measured
constexpr auto kOpenLimit = std::chrono::seconds{30};
constexpr auto kLookEvery = std::chrono::milliseconds{50};
// A proxy may open something for itself.
constexpr std::size_t kSpareDescriptors = 8;
constexpr auto kSettleLimit = std::chrono::seconds{20};
constexpr auto kPatience = std::chrono::seconds{10};
// Far more than any delay that a proxy that works can have.
constexpr auto kStandstill = std::chrono::seconds{2};

Clock::duration seconds(double count) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>{count});
}

}  // namespace

Measurement::Measurement(const Options& options) : options_(options) {
  if (WebSocketLoad::knows(options.mode)) {
    load_ = std::make_unique<WebSocketLoad>(poller_, options);
  } else if (HttpLoad::knows(options.mode)) {
    load_ = std::make_unique<HttpLoad>(poller_, options);
  } else {
    fail("load: no mode " + options.mode);
  }
}

Result Measurement::run() {
  if (options_.mode == "idle") return memory_of_idle_sessions();
  if (options_.mode == "leave") return memory_that_comes_back();
  return work();
}

Result Measurement::work() {
  open(options_.sessions);
  load_->start();
  pass(seconds(options_.warmup));
  load_->tally().timing = true;
  const Moment begin = moment();
  pass(seconds(options_.seconds));
  if (load_->tally().operations > begin.operations) load_->check(Clock::now(), kStandstill);
  // A run may be so short, and the machine so busy, that nothing has come by then.
  const auto patience = Clock::now() + kPatience;
  while (load_->tally().operations == begin.operations && Clock::now() < patience &&
         load_->tally().errors == 0) {
    turn(patience);
  }
  const Moment end = moment();
  Result out;
  out.seconds = std::chrono::duration<double>{end.time - begin.time}.count();
  out.operations = end.operations - begin.operations;
  out.proxy_ns = end.proxy_ns - begin.proxy_ns;
  out.tool_ns = end.tool_ns - begin.tool_ns;
  out.storm = {end.storm.frames - begin.storm.frames, end.storm.segments - begin.storm.segments};
  return out;
}

Result Measurement::memory_of_idle_sessions() {
  const std::size_t base = std::min(kSmallBase, options_.sessions / 2);
  Result out;
  open(base);
  pass(seconds(options_.settle));
  out.start = memory_of(options_.proxy);
  open(options_.sessions);
  pass(seconds(options_.settle));
  out.peak = memory_of(options_.proxy);
  out.operations = options_.sessions - base;
  return out;
}

Result Measurement::memory_that_comes_back() {
  Result out;
  out.start = memory_of(options_.proxy);
  const std::size_t descriptors = descriptors_of(options_.proxy);
  open(options_.sessions);
  load_->start();
  pass(seconds(options_.warmup + options_.seconds));
  out.operations = load_->tally().operations;
  out.peak = memory_of(options_.proxy);
  load_->leave();
  const auto deadline = Clock::now() + kOpenLimit;
  while (descriptors_of(options_.proxy) > descriptors + kSpareDescriptors) {
    if (Clock::now() > deadline) load_->tally().error("connections of those who left stay open");
    if (load_->tally().errors > 0) break;
    turn(Clock::now() + kLookEvery);
  }
  out.end = settled_memory();
  return out;
}

/// Of the proxy, when they have not changed for a while.
Memory Measurement::settled_memory() {
  const auto deadline = Clock::now() + kSettleLimit;
  Memory before, now = memory_of(options_.proxy);
  while (before != now && Clock::now() < deadline) {
    pass(seconds(options_.settle));
    before = std::exchange(now, memory_of(options_.proxy));
  }
  return now;
}

void Measurement::open(std::size_t sessions) {
  const auto deadline = Clock::now() + kOpenLimit;
  load_->open(sessions);
  while (!load_->all_open()) {
    if (load_->tally().errors > 0) return;
    if (Clock::now() > deadline) return load_->tally().error("sessions did not open in time");
    turn(deadline);
  }
}

void Measurement::pass(Clock::duration time) {
  const auto end = Clock::now() + time;
  while (Clock::now() < end && load_->tally().errors == 0) turn(end);
}

void Measurement::turn(Clock::time_point until) {
  const auto now = Clock::now();
  const auto next = std::min(until, load_->tick(now));
  for (const epoll_event& event : poller_.wait(next - now)) {
    load_->on_event(event.data.ptr, event.events);
  }
}

Measurement::Moment Measurement::moment() {
  return {Clock::now(), load_->tally().operations, cpu_ns(options_.proxy),
          cpu_ns(options_.backend) + own_cpu_ns(), load_->storm()};
}

}  // namespace pinion::bench
