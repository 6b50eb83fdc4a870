#include "probe_news.h"

namespace pinion {
namespace {

// Of HTTP; errors of libuv are negative.
constexpr int kLeastStatus = 100;

}  // namespace

void ProbeNews::on_probe(balance::Backend& backend, const health::ProbeOutcome& outcome) noexcept {
  using Result = balance::ProbeResult;
  const TimePoint now = monotonic_now();
  // A connect alone says nothing.
  if (outcome.status >= kLeastStatus) news_.heard(backend);
  if (outcome.result == Result::ok) return news_.probe_passed(backend, now);
  if (outcome.result == Result::connect) return news_.missed(backend, outcome.status, now);
  news_.probe_failed(backend, health::fault_of(outcome), health::describe(outcome), now);
}

}  // namespace pinion
