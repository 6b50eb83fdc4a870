// `pinion config`: the reference config, what a preset sets, and the source of the man page that is
// made of the same table. Threads: none.
#pragma once

#include <iosfwd>
#include <string>

namespace pinion::cli {

/// What is printed; the reference config when nothing is chosen.
struct ConfigOptions {
  bool man = false;    // the page pinion.toml(5) for scdoc
  std::string preset;  // what this one sets; its name is known
};

/// Prints in TOML, or for scdoc. Returns the exit code: 0, or 1 when `out` cannot be written to.
int run_config(const ConfigOptions& options, std::ostream& out);

}  // namespace pinion::cli
