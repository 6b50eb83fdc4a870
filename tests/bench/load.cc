// The load generator: opens sessions through a proxy, makes them work, and says in one line of JSON
// what that cost.
//
//   load MODE --port P [--sessions N] [--seconds S] [--warmup S] [--size BYTES] [--rate N]
//        [--proxy PID,...] [--backend PID,...]
//
// MODE: see websocket_load.h and http_load.h. Counts and CPU times are taken at the same two
// moments.
#include "load.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "http_load.h"
#include "load_options.h"
#include "usage.h"
#include "websocket_load.h"

namespace pinion::bench {
namespace {

constexpr std::size_t kSmallBase = 64;  // sessions that are open before memory is measured
constexpr auto kOpenLimit = std::chrono::seconds{30};
constexpr auto kSettle = std::chrono::milliseconds{300};

struct Moment {
  Clock::time_point time;
  std::uint64_t operations = 0, proxy_ns = 0, tool_ns = 0;
};

struct Result {
  double seconds = 0;
  std::uint64_t operations = 0, proxy_ns = 0, tool_ns = 0, memory = 0;
};

std::uint64_t own_ns() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto ns = [](const timeval& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(time.tv_usec) * 1'000;
  };
  return ns(used.ru_utime) + ns(used.ru_stime);
}

class Run {
 public:
  explicit Run(const Options& options) : options_(options) {
    if (WebSocketLoad::knows(options.mode)) {
      load_ = std::make_unique<WebSocketLoad>(poller_, options);
    } else if (HttpLoad::knows(options.mode)) {
      load_ = std::make_unique<HttpLoad>(poller_, options);
    } else {
      fail("load: no mode " + options.mode);
    }
  }

  Result measure() {
    if (options_.mode == "idle") return measure_memory();
    open(options_.sessions);
    load_->start();
    pass(seconds(options_.warmup));
    load_->tally().timing = true;
    const Moment begin = moment();
    pass(seconds(options_.seconds));
    const Moment end = moment();
    return {std::chrono::duration<double>{end.time - begin.time}.count(),
            end.operations - begin.operations, end.proxy_ns - begin.proxy_ns,
            end.tool_ns - begin.tool_ns};
  }

  [[nodiscard]] Tally& tally() { return load_->tally(); }

 private:
  static Clock::duration seconds(double count) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>{count});
  }

  Result measure_memory() {
    const std::size_t base = std::min(kSmallBase, options_.sessions / 2);
    open(base);
    pass(kSettle);
    const std::uint64_t before = anonymous_bytes(options_.proxy);
    open(options_.sessions);
    pass(kSettle);
    const std::uint64_t after = anonymous_bytes(options_.proxy);
    Result out;
    out.operations = options_.sessions - base;
    out.memory = after > before ? after - before : 0;
    return out;
  }

  void open(std::size_t sessions) {
    const auto deadline = Clock::now() + kOpenLimit;
    load_->open(sessions);
    while (!load_->all_open()) {
      if (load_->tally().errors > 0) return;
      if (Clock::now() > deadline) return load_->tally().error("sessions did not open in time");
      turn(deadline);
    }
  }

  void pass(Clock::duration time) {
    const auto end = Clock::now() + time;
    while (Clock::now() < end && load_->tally().errors == 0) turn(end);
  }

  void turn(Clock::time_point until) {
    for (const epoll_event& event : poller_.wait(until - Clock::now())) {
      load_->on_event(event.data.ptr, event.events);
    }
  }

  [[nodiscard]] Moment moment() {
    return {Clock::now(), load_->tally().operations, cpu_ns(options_.proxy),
            cpu_ns(options_.backend) + own_ns()};
  }

  const Options& options_;
  Poller poller_;
  std::unique_ptr<Load> load_;
};

double percentile(std::vector<std::uint32_t>& delays, double part) {
  if (delays.empty()) return 0;
  const auto at =
      delays.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(delays.size() - 1));
  std::nth_element(delays.begin(), at, delays.end());
  return *at;
}

void print(const Result& result, Tally& tally) {
  const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  // The first error is of this program or of a peer's first line: quotes are all that could hurt.
  std::string error = tally.first_error;
  std::replace_if(
      error.begin(), error.end(), [](char c) { return c == '"' || c == '\\' || c < ' '; }, '\'');
  std::printf(
      "{\"seconds\":%.6f,\"operations\":%llu,\"errors\":%llu,\"error\":\"%s\",\"proxy_ns\":%llu,"
      "\"tool_ns\":%llu,\"memory\":%llu,\"p50_us\":%.0f,\"p99_us\":%.0f}\n",
      result.seconds, number(result.operations), number(tally.errors), error.c_str(),
      number(result.proxy_ns), number(result.tool_ns), number(result.memory),
      percentile(tally.delays, 0.5), percentile(tally.delays, 0.99));
}

}  // namespace
}  // namespace pinion::bench

int main(int argc, char** argv) {
  using namespace pinion::bench;
  const Options options = read_options(argc, argv);
  Run run{options};
  const Result result = run.measure();
  print(result, run.tally());
}
