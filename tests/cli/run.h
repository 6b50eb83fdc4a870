// Runs the command line with captured streams.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "cli/command_line.h"

namespace pinion::cli {

struct Outcome {
  int code = -1;
  std::string out, err;
};

/// `pinion run` ends at once, with a code that tells which config it was given.
inline int pretend_to_run(const std::string& config_file) {
  return config_file == "/etc/pinion/pinion.toml" ? 40 : 41;
}

inline Outcome run_pinion(std::vector<std::string> arguments, int width = 0, bool colours = false) {
  std::ostringstream out;
  std::ostringstream err;
  const Terminal terminal{.out = out, .err = err, .colours = colours, .width = width};
  const int code = run_command_line(std::move(arguments), terminal, &pretend_to_run);
  return {.code = code, .out = out.str(), .err = err.str()};
}

/// Whether it is one line that says who speaks.
inline bool is_one_error_line(const std::string& err) {
  return err.starts_with("pinion: ") && err.find('\n') == err.size() - 1;
}

}  // namespace pinion::cli
