#include "balance/forecast.h"

namespace pinion::balance {

Forecast forecast_of(const LoadReading& reading) noexcept {
  const double seen = reading.rates.sessions * reading.session_work;
  return {.at = reading.at,
          .unseen = (reading.rates.work() - seen) * reading.cost,
          .per_session = reading.session_work * reading.cost,
          .at_least = reading.surely_busy,
          .per_queued_byte = reading.work_per_queued_byte * reading.cost,
          .reported_by_session = reading.reported_by_session,
          .ramp_until = reading.ramp_until,
          .returns = reading.returns,
          .wait = reading.wait,
          .trust = static_cast<float>(reading.trust),
          .hot = reading.hot};
}

}  // namespace pinion::balance
