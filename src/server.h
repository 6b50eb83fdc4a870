// The composition root: reads the config, binds, starts the workers and the control thread's parts,
// and takes it all down again.
//
// Threads: run_server() is the main thread; it runs signals, name resolution, probes and the
//   sweeping of sessions on a loop of its own. Workers and the admin endpoint have threads of their
//   own.
#pragma once

#include <string>

namespace pinion {

/// Runs the proxy until SIGTERM or SIGINT. @returns the exit code: 0 done, 1 the config is bad or
/// something could not be started, with one line each on stderr
int run_server(const std::string& config_file);

}  // namespace pinion
