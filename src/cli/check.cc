#include "cli/check.h"

#include <ostream>

#include "config/load.h"
#include "config/summary.h"

namespace pinion::cli {

int run_check(const std::string& file, std::ostream& out, std::ostream& err) {
  const auto loaded = config::load_file(file);
  if (!loaded) {
    for (const auto& error : loaded.error()) err << config::to_text(error) << '\n';
    return 1;
  }
  out << file << ": ok\n" << config::summary(*loaded);
  return 0;
}

}  // namespace pinion::cli
