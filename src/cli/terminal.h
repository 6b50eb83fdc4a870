// Where a command writes, and how its exit is told.
//
// Threads: the one of the command.
#pragma once

#include <iosfwd>
#include <string_view>

namespace pinion::cli {

enum ExitCode : int { kDone = 0, kFailed = 1, kUsage = 2, kNoAnswer = 3 };

struct Terminal {
  std::ostream& out;
  std::ostream& err;
  bool colours = false;
  int width = 0;  // columns; 0: not a terminal, so nothing is cut

  /// One line on stderr; returns `code`.
  [[nodiscard]] int fail(int code, std::string_view message) const;
};

/// The terminal that this process was given. Colours only on a terminal, and not against NO_COLOR.
Terminal standard_terminal();

/// Of the terminal that a descriptor is; 80 where that is not known.
int columns_of(int descriptor);

}  // namespace pinion::cli
