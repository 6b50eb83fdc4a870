// `pinion sessions`: the live sessions, or all that is known of one.
// Threads: none.
#pragma once

#include <string>

#include "cli/remote.h"
#include "cli/terminal.h"

namespace pinion::cli {

struct SessionsOptions {
  std::string backend;  // "name" or "pool/name"; empty: all
  std::string sort = "age";
  unsigned limit = 100;  // 1 to 1000
  std::string sid;       // not empty: only this one
};

/// Returns the exit code.
int run_sessions(const SessionsOptions& sessions, const RemoteOptions& options,
                 const Terminal& terminal);

}  // namespace pinion::cli
