// Memory of objects that come and go with each request and are too large for the quick lists of
// malloc: what one leaves behind serves the next.
//
// Threads: each keeps its own.
// Lifetime: what is kept is freed when its thread ends.
// Invariants: at most `kept` pieces are kept. Under AddressSanitizer none is, so that it sees each
//   object go.
#pragma once

#include <cstddef>
#include <new>
#include <utility>

#include "base/check.h"

namespace pinion {

/// A base of T, which is final.
template <typename T, std::size_t kept>
class Recycled {
 public:
  static void* operator new(std::size_t size) {
    PINION_CHECK(size == sizeof(T), "nothing is derived from what is recycled");
    Pieces& pieces = pieces_of_thread();
    if (pieces.first == nullptr) return ::operator new(size);
    --pieces.count;
    return std::exchange(pieces.first, pieces.first->next);
  }
  static void operator delete(void* memory) noexcept {
    Pieces& pieces = pieces_of_thread();
    if (pieces.count == kMost) return ::operator delete(memory);
    pieces.first = new (memory) Piece{pieces.first};
    ++pieces.count;
  }

 private:
#ifdef __SANITIZE_ADDRESS__
  static constexpr std::size_t kMost = 0;
#else
  static constexpr std::size_t kMost = kept;
#endif

  struct Piece {
    Piece* next;
  };
  struct Pieces {
    Piece* first = nullptr;
    std::size_t count = 0;

    ~Pieces() {
      while (first != nullptr) ::operator delete(std::exchange(first, first->next));
      count = kMost;
    }
  };
  static Pieces& pieces_of_thread() noexcept {
    static thread_local Pieces pieces;
    return pieces;
  }
};

}  // namespace pinion
