#include "balance/forecast.h"

#include <doctest/doctest.h>

namespace pinion::balance {

TEST_CASE("sessions that the rate has not seen yet count as mean ones") {
  LoadReading reading;
  reading.rates = {.frames_out = 100, .sessions = 10};
  reading.session_work = 10;
  reading.cost = 0.002;
  CHECK(forecast_of(reading).busy(10, 0) == doctest::Approx(0.2));
  CHECK(forecast_of(reading).busy(15, 0) == doctest::Approx(0.3));
  CHECK(forecast_of(reading).busy(5, 0) == doctest::Approx(0.1));
  reading.session_work = 100;
  CHECK(forecast_of(reading).busy(0, 0) == 0);
}

TEST_CASE("bytes that wait for a backend are work that it has still to do") {
  LoadReading reading;
  reading.rates = {.frames_in = 100};
  reading.cost = 0.002;
  reading.work_per_queued_byte = 0.01;
  CHECK(forecast_of(reading).busy(0, 10'000) == doctest::Approx(0.4));
}

TEST_CASE("an upload that waits, however large, is no more than one busy loop") {
  LoadReading reading;
  reading.cost = 0.002;
  reading.work_per_queued_byte = 0.01;
  CHECK(forecast_of(reading).busy(0, 10'000'000) == doctest::Approx(1.0));
}

TEST_CASE("it ramps up until its time is over, and from the moment that it comes back") {
  const TimePoint now = TimePoint{} + std::chrono::hours{1};
  Forecast forecast;
  CHECK_FALSE(forecast.is_ramping(now, 1));
  forecast.at = now;
  forecast.returns = 1;
  CHECK_FALSE(forecast.is_ramping(now, 1));
  CHECK(forecast.is_ramping(now, 2));
  forecast.ramp_until = now + std::chrono::seconds{30};
  CHECK(forecast.is_ramping(now, 1));
  CHECK_FALSE(forecast.is_ramping(forecast.ramp_until, 1));
}

}  // namespace pinion::balance
