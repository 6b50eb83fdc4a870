#include "balance/fresh_probes.h"

#include "balance/load_reading.h"

namespace pinion::balance {

ProbeReading fresh_probes(const Backend& backend, TimePoint now) noexcept {
  ProbeReading probes = backend.probe_reading();
  if (freshness(backend.probe_told_at(probes, now), now) > 0) {
    probes.wait = backend.probe_wait(probes, now);
  } else {
    probes.confidence = 0;
    probes.busy_share = 0;
    probes.wait = Duration::zero();
  }
  return probes;
}

}  // namespace pinion::balance
