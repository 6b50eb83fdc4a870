// Memory that is not needed any more. Assigning an empty value keeps the capacity: `text = {}` is
// an assignment of no characters.
//
// Threads: pure function.
#pragma once

namespace pinion {

template <class Container>
void release(Container& held) noexcept {
  Container().swap(held);
}

}  // namespace pinion
