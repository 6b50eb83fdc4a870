// `pinion drain`, `pinion undrain`, `pinion rebalance`: moving sessions between backends.
// Threads: none.
#pragma once

#include <string>

#include "cli/remote.h"
#include "cli/terminal.h"

namespace pinion::cli {

struct MovingOptions {
  std::string of;    // POOL/BACKEND, or POOL
  std::string rate;  // "N/s" or "N"; empty: the endpoint's own
  bool close = false;
};

// Each returns the exit code.
int run_drain(const MovingOptions& moving, const RemoteOptions& options, const Terminal& terminal);
int run_undrain(const MovingOptions& moving, const RemoteOptions& options,
                const Terminal& terminal);
int run_rebalance(const MovingOptions& moving, const RemoteOptions& options,
                  const Terminal& terminal);

}  // namespace pinion::cli
