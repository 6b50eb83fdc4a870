// What `pinion bench` tells: a line while it goes on, and the report, for people or as JSON.
//
// Threads: the one of the command.
#pragma once

#include <string>

#include "cli/bench_options.h"
#include "cli/terminal.h"
#include "loadgen/run.h"

namespace pinion::cli {

/// Lines of progress, without their end. Rates are of the time since the line before.
class BenchProgress {
 public:
  std::string line(const loadgen::Progress& now, std::size_t sessions);

 private:
  Duration elapsed_{};
  std::uint64_t sent_ = 0, heard_ = 0;
};

/// As a table.
void print_bench_report(const BenchOptions& options, const loadgen::Outcome& outcome,
                        const Terminal& terminal);

/// As a JSON object. Times are in milliseconds, sizes in bytes; those that nothing was measured of
/// are null.
std::string bench_json(const BenchOptions& options, const loadgen::Outcome& outcome);

}  // namespace pinion::cli
