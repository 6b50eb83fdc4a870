// What an id costs while it rests. Sanitizers have heaps of their own, in which that says nothing.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

#include <doctest/doctest.h>
#include <malloc.h>

#include <array>
#include <cstdio>
#include <string_view>

#include "session/affinity_table.h"
#include "sessions.h"

namespace pinion::session {
namespace {

using namespace test;

constexpr std::size_t kUuids = 100'000;

std::size_t heap_in_use() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

/// As long as a UUID, and different for each number.
std::string_view uuid(std::size_t number, std::array<char, 37>& text) {
  (void)std::snprintf(text.data(), text.size(), "7c9e6679-7425-40de-944b-%012zx", number);
  return {text.data(), text.size() - 1};
}

}  // namespace

TEST_CASE("an id at rest takes less than 150 bytes") {
  std::array<char, 37> text{};
  const std::size_t before = heap_in_use();
  AffinityTable table{kUuids};
  for (std::size_t i = 0; i < kUuids; ++i) {
    const AffinityKey key{0, uuid(i, text)};
    table.release(table.bind(key, 1, 300s, kStart), kStart);
  }
  REQUIRE(table.size() == kUuids);
  const std::size_t each = (heap_in_use() - before) / kUuids;
  CAPTURE(each);
  CHECK(each > 36);
  CHECK(each < 150);
  CHECK(table.sweep(kStart + 300s) == kUuids);
  CHECK((heap_in_use() - before) / kUuids < 20);
}

}  // namespace pinion::session

#endif
