// `pinion config`: the reference config, and the source of the man page that is made of the same
// table. Threads: none.
#pragma once

#include <iosfwd>

namespace pinion::cli {

/// Prints the reference config in TOML, or with `man` the page pinion.toml(5) for scdoc. Returns
/// the exit code: 0, or 1 when `out` cannot be written to.
int run_config(bool man, std::ostream& out);

}  // namespace pinion::cli
