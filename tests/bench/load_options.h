// The command line of the load generator.
#pragma once

#include "load.h"

namespace pinion::bench {

/// Reads `MODE --name value ...`. What it does not understand ends the program with a line on
/// stderr.
[[nodiscard]] Options read_options(int argc, char** argv);

}  // namespace pinion::bench
