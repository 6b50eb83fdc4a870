#include "cli/config_command.h"

#include <ostream>

#include "config/man_page.h"
#include "config/reference.h"

namespace pinion::cli {

int run_config(bool man, std::ostream& out) {
  out << (man ? config::man_page() : config::reference_config()) << std::flush;
  return out.good() ? 0 : 1;
}

}  // namespace pinion::cli
