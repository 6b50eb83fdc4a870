// The command line: which command, with which options, and its exit code (0 done, 1 failed, 2 wrong
// usage, 3 no answer from the admin endpoint).
//
// Threads: the main thread.
#pragma once

#include <string>
#include <vector>

#include "cli/terminal.h"

namespace pinion::cli {

/// Runs the proxy with this config until it ends; returns the exit code.
using RunServer = int (*)(const std::string& config_file);

/// As main() gets it.
/// @param run what `pinion run` starts
int run_command_line(int argc, char** argv, RunServer run);

/// @param arguments without the program's name
int run_command_line(std::vector<std::string> arguments, const Terminal& terminal, RunServer run);

}  // namespace pinion::cli
