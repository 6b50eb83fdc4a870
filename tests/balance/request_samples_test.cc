#include "balance/request_samples.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "support/start.h"

namespace pinion::balance {
namespace {

using namespace std::chrono_literals;
using enum SampledRequest;
using pinion::test::kStart;

}  // namespace

TEST_CASE("of requests that come close together the first is measured") {
  RequestSamples samples;
  CHECK(samples.claim(push, kStart));
  CHECK_FALSE(samples.claim(push, kStart));
  CHECK_FALSE(samples.claim(push, kStart + RequestSamples::kLeastGap - 1ns));
  CHECK(samples.claim(push, kStart + RequestSamples::kLeastGap));
  CHECK(samples.claim(handshake, kStart + RequestSamples::kLeastGap));
}

TEST_CASE("request samples are taken once, the oldest first") {
  RequestSamples samples;
  CHECK(samples.take().empty());
  for (int i = 1; i <= 3; ++i) samples.add({.kind = push, .sent = kStart, .took = i * 1ms});
  const auto taken = samples.take();
  REQUIRE(taken.size() == 3);
  for (int i = 0; i < 3; ++i) CHECK(taken[static_cast<std::size_t>(i)].took == (i + 1) * 1ms);
  CHECK(samples.take().empty());
}

TEST_CASE("request samples that nobody takes are bounded, and the newest stay") {
  RequestSamples samples;
  const int most = static_cast<int>(RequestSamples::kHeld);
  for (int i = 0; i < most + 7; ++i) samples.add({.kind = push, .sent = kStart, .took = i * 1ms});
  const auto taken = samples.take();
  REQUIRE(taken.size() == RequestSamples::kHeld);
  for (int i = 0; i < most; ++i) CHECK(taken[static_cast<std::size_t>(i)].took == (i + 7) * 1ms);
  CHECK(samples.total(push) == RequestSamples::kHeld + 7);
  CHECK(samples.total(handshake) == 0);
}

TEST_CASE("workers add request samples while they are taken") {
  RequestSamples samples;
  constexpr int kEach = 2000;
  std::vector<std::thread> workers;
  std::atomic<int> claimed{0};
  for (int i = 0; i < 3; ++i) {
    workers.emplace_back([&samples, &claimed] {
      for (int n = 0; n < kEach; ++n) {
        samples.add({.kind = handshake, .sent = kStart, .took = 1ms});
        claimed += samples.claim(push, kStart + n / 10 * RequestSamples::kLeastGap) ? 1 : 0;
      }
    });
  }
  std::size_t taken = 0;
  while (samples.total(handshake) < 3 * kEach) taken += samples.take().size();
  for (std::thread& worker : workers) worker.join();
  taken += samples.take().size();
  CHECK(taken > 0);
  CHECK(taken <= 3 * kEach);
  // Each of the times at most once, however many came to it.
  CHECK(claimed <= kEach / 10);
  CHECK(claimed > 0);
}

}  // namespace pinion::balance
