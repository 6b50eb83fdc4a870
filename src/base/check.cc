#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace pinion {

void check_failed(const char* file, int line, const char* what) noexcept {
  // Without spdlog and without allocation: whatever broke may have broken those too.
  (void)std::fprintf(stderr, "pinion: broken invariant at %s:%d: %s\n", file, line, what);
  std::abort();
}

}  // namespace pinion
