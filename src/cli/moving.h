// `pinion drain`, `pinion undrain`, `pinion rebalance`: moving sessions between backends.
// Threads: none.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "cli/remote.h"
#include "cli/terminal.h"

namespace pinion::cli {

struct MovingOptions {
  std::string of;    // POOL/BACKEND, or POOL
  std::string rate;  // "N/s" or "N"; empty: the endpoint's own
  bool close = false;
  bool stop = false;  // of rebalance
};

/// For which backends a pool that is evened out waits; empty when it does not.
std::string waits_text(const nlohmann::ordered_json& rebalance);

// Each returns the exit code.
int run_drain(const MovingOptions& moving, const RemoteOptions& options, const Terminal& terminal);
int run_undrain(const MovingOptions& moving, const RemoteOptions& options,
                const Terminal& terminal);
int run_rebalance(const MovingOptions& moving, const RemoteOptions& options,
                  const Terminal& terminal);

}  // namespace pinion::cli
