// Which kind of probes a pool has.
//
// Threads: pure.
#pragma once

#include "config/config.h"

namespace pinion::config {

/// The pool's kind, with `auto` replaced by what it stands for.
inline HealthKind resolved_kind(const Pool& pool) noexcept {
  if (pool.health.kind != HealthKind::automatic) return pool.health.kind;
  return pool.socketio_path.empty() ? HealthKind::tcp : HealthKind::engineio;
}

}  // namespace pinion::config
