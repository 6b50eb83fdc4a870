#include "loadgen/measurements.h"

#include <doctest/doctest.h>

namespace pinion::loadgen {
namespace {

using std::chrono::seconds;

Measurements clean_ones() {
  Measurements all;
  all.started = all.joined = 3;
  all.sent = all.answered = 10;
  return all;
}

}  // namespace

TEST_CASE("a run is clean when nothing was lost and nothing failed") {
  CHECK(is_clean(clean_ones(), false));
  CHECK_FALSE(is_clean(Measurements{}, false));  // nobody has joined
  Measurements lost = clean_ones();
  lost.lost = 1;
  CHECK_FALSE(is_clean(lost, true));
  Measurements missing = clean_ones();
  missing.missing = 1;
  CHECK_FALSE(is_clean(missing, true));
  Measurements stayed = clean_ones();
  stayed.stayed = 1;
  CHECK_FALSE(is_clean(stayed, true));
  Measurements upgraded_later = clean_ones();
  upgraded_later.not_upgraded.add("connection closed");
  CHECK(is_clean(upgraded_later, true));
}

TEST_CASE("who comes back has not failed, if it may come back") {
  for (Tally Measurements::* tally :
       {&Measurements::closed, &Measurements::refused, &Measurements::unreachable}) {
    Measurements all = clean_ones();
    (all.*tally).add("why");
    CHECK(is_clean(all, true));
    CHECK_FALSE(is_clean(all, false));
  }
}

TEST_CASE("stalls are slow, not lost") {
  Measurements all = clean_ones();
  all.count_stall(seconds{2}, true);
  all.count_stall(seconds{1}, false);
  CHECK(all.stalls == 2);
  CHECK(all.stalled_sessions == 1);
  CHECK(all.longest_stall == seconds{2});
  CHECK(is_clean(all, false));
}

TEST_CASE("the least and the most of what refusals ask to wait") {
  Measurements all;
  for (const int wait : {3, 1, 2}) all.count_retry_after(seconds{wait});
  CHECK(all.retry_after == 3);
  CHECK(all.retry_after_least == seconds{1});
  CHECK(all.retry_after_most == seconds{3});
}

}  // namespace pinion::loadgen
