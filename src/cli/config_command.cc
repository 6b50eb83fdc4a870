#include "cli/config_command.h"

#include <ostream>

#include "config/man_page.h"
#include "config/preset_text.h"
#include "config/presets.h"
#include "config/reference.h"

namespace pinion::cli {

int run_config(const ConfigOptions& options, std::ostream& out) {
  if (options.man) {
    out << config::man_page();
  } else if (!options.preset.empty()) {
    out << config::preset_config(config::preset_named(options.preset));
  } else {
    out << config::reference_config();
  }
  out << std::flush;
  return out.good() ? 0 : 1;
}

}  // namespace pinion::cli
