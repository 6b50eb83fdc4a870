// `pinion check -c FILE`: is this config sound, and what would be in force?
// Threads: none.
#pragma once

#include <iosfwd>
#include <string>

namespace pinion::cli {

/// Prints `FILE: ok` and a summary to `out`, or every error of the file to `err`, one line each.
/// Returns the exit code: 0, or 1 for a bad config.
int run_check(const std::string& file, std::ostream& out, std::ostream& err);

}  // namespace pinion::cli
