// Broken invariants abort, in release builds too: a proxy that goes on after its own bookkeeping is
// wrong mixes up users. A peer's or the environment's fault is never checked here; it is a value.
#pragma once

namespace pinion {

[[noreturn]] void check_failed(const char* file, int line, const char* what) noexcept;

}  // namespace pinion

#define PINION_CHECK(condition, why)                   \
  (static_cast<bool>(condition) ? static_cast<void>(0) \
                                : ::pinion::check_failed(__FILE__, __LINE__, #condition ": " why))
