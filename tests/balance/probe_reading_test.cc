#include "balance/probe_reading.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "backends.h"
#include "balance/fresh_probes.h"

namespace pinion::balance {
namespace {

using namespace std::chrono_literals;

// All of it made from one number, so that parts of two readings are seen.
ProbeReading reading_of(std::uint32_t n) {
  return {.busy_share = 1.0 / (1.0 + n),
          .wait = Duration{n},
          .baseline = Duration{2 * n},
          .confidence = 1.0 / (2.0 + n),
          .samples = n,
          .at = TimePoint{Duration{3 * n}}};
}

bool is_whole(const ProbeReading& seen) {
  const ProbeReading expected = reading_of(seen.samples);
  return seen.busy_share == expected.busy_share && seen.wait == expected.wait &&
         seen.baseline == expected.baseline && seen.confidence == expected.confidence &&
         seen.at == expected.at;
}

}  // namespace

TEST_CASE("a backend that was never probed tells nothing") {
  test::Backends backends;
  const ProbeReading reading = backends.add().probe_reading();
  CHECK(reading.confidence == 0.0);
  CHECK(reading.samples == 0);
}

TEST_CASE("the newest reading of a backend is what its probes told last") {
  test::Backends backends;
  Backend& backend = backends.add();
  backend.set_probe_reading(reading_of(7));
  CHECK(backend.probe_reading().samples == 7);
  CHECK(is_whole(backend.probe_reading()));
  backend.set_probe_reading(reading_of(8));
  CHECK(backend.probe_reading().samples == 8);
  CHECK(is_whole(backend.probe_reading()));
}

TEST_CASE("what probes told is worth nothing after a while without an answer") {
  test::Backends backends;
  Backend& backend = backends.add();
  const TimePoint at{1h};
  backend.set_probe_reading({.busy_share = 0.5,
                             .wait = 30ms,
                             .baseline = 1ms,
                             .latency = 2ms,
                             .confidence = 0.9,
                             .at = at});
  CHECK(fresh_probes(backend, at + 9s).confidence == 0.9);
  CHECK(fresh_probes(backend, at + 9s).busy_share == 0.5);
  CHECK(fresh_probes(backend, at + 9s).wait == 30ms);
  const ProbeReading stale = fresh_probes(backend, at + 10s);
  CHECK(stale.confidence == 0);
  CHECK(stale.busy_share == 0);
  CHECK(stale.wait == 0ms);
  CHECK(stale.latency == 2ms);
  // One that waits for its answer tells that the loop stands still.
  backend.set_probe_out(at + 5s);
  CHECK(fresh_probes(backend, at + 20s).confidence == 0.9);
  CHECK(fresh_probes(backend, at + 20s).wait == 15s - 1ms);
}

TEST_CASE("readers in other threads see whole readings, in their order") {
  test::Backends backends;
  Backend& backend = backends.add();
  backend.set_probe_reading(reading_of(0));
  constexpr std::uint32_t kLast = 20000;
  std::atomic<bool> all_whole{true};
  const auto read = [&] {
    for (std::uint32_t last = 0; last < kLast;) {
      const ProbeReading seen = backend.probe_reading();
      if (!is_whole(seen) || seen.samples < last) all_whole = false;
      last = seen.samples;
    }
  };
  std::thread first(read);
  std::thread second(read);
  for (std::uint32_t n = 1; n <= kLast; ++n) backend.set_probe_reading(reading_of(n));
  first.join();
  second.join();
  CHECK(all_whole);
}

}  // namespace pinion::balance
