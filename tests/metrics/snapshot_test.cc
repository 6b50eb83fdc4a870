#include "metrics/snapshot.h"

#include <doctest/doctest.h>

namespace pinion::metrics {

TEST_CASE("workers are added up") {
  WorkerCounters one{2};
  WorkerCounters two{2};
  one.accepted.add(5);
  two.accepted.add(6);
  two.closed.add(1);
  one.pools[1].answered(200);
  two.pools[1].answered(503);
  one.pools[0].retries.add(2);
  one.request_duration.observe(kDurationBounds, 0.0001, 100000);
  two.request_duration.observe(kDurationBounds, 99, 99000000000);
  CounterTotals totals;
  totals.add(one, 2);
  totals.add(two, 2);
  CHECK(totals.connections() == 10);
  CHECK(totals.requests() == 2);
  CHECK(totals.pools[1].requests[100] == 1);
  CHECK(totals.pools[1].requests[403] == 1);
  CHECK(totals.pools[0].retries == 2);
  CHECK(totals.request_duration.buckets.front() == 1);
  CHECK(totals.request_duration.buckets.back() == 1);
  CHECK(totals.request_duration.sum == 99000100000);
}

TEST_CASE("a connection that closes while we look does not make the count wrap") {
  WorkerCounters worker{0};
  worker.closed.add(1);
  CounterTotals totals;
  totals.add(worker, 0);
  CHECK(totals.connections() == 0);
}

}  // namespace pinion::metrics
