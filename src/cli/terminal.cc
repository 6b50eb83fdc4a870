#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "log/escape.h"

namespace pinion::cli {

int Terminal::fail(int code, std::string_view message) const {
  err << "pinion: " << log::printable(message) << '\n';
  return code;
}

Terminal standard_terminal() {
  Terminal terminal{.out = std::cout, .err = std::cerr};
  if (::isatty(STDOUT_FILENO) == 0) return terminal;
  const char* const no_colour = std::getenv("NO_COLOR");
  terminal.colours = no_colour == nullptr || *no_colour == '\0';
  terminal.width = columns_of(STDOUT_FILENO);
  return terminal;
}

int columns_of(int descriptor) {
  constexpr int kUsual = 80;
  winsize size{};
  const bool known = ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : kUsual;
}

}  // namespace pinion::cli
