// What has to be there before anything runs: the config, logs, listeners and the addresses of
// backends. Then the control plane runs, and all is taken down again.
//
// Threads: run_server() is the main thread. Workers and the admin endpoint have threads of their
//   own.
#pragma once

#include <string>

namespace pinion {

/// Runs the proxy until SIGTERM or SIGINT. @returns the exit code: 0 done, 1 the config is bad or
/// something could not be started, with one line each on stderr
int run_server(const std::string& config_file);

}  // namespace pinion
