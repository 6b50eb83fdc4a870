#include "config/nearest.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

namespace pinion::config {
namespace {

constexpr std::string_view kWords[] = {"listen", "workers", "keep_alive", "keep_alive_connections",
                                       "max"};

std::string random_word(std::mt19937& random) {
  std::string word(random() % 12, ' ');
  for (char& c : word) c = static_cast<char>('a' + random() % 4);
  return word;
}

}  // namespace

TEST_CASE("edit_distance counts inserts, deletes, replacements and swaps") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("listen", "lisen") == 1);
  CHECK(edit_distance("listen", "lisstn") == 2);
  CHECK(edit_distance("listen", "lisetn") == 1);
  CHECK(edit_distance("keep-Alive", "keep_alive") == 0);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("edit_distance is symmetric and never more than the longer word") {
  std::mt19937 random{11};
  for (int i = 0; i < 3000; ++i) {
    const auto a = random_word(random);
    const auto b = random_word(random);
    CAPTURE(a);
    CAPTURE(b);
    const auto distance = edit_distance(a, b);
    CHECK(distance == edit_distance(b, a));
    CHECK(distance <= std::max(a.size(), b.size()));
    CHECK((distance == 0) == (a == b));
  }
}

TEST_CASE("nearest finds slips of the fingers and nothing else") {
  CHECK(nearest("lissen", kWords) == "listen");
  CHECK(nearest("keepalive", kWords) == "keep_alive");
  CHECK(nearest("Workers", kWords) == "workers");
  CHECK(nearest("worker", kWords) == "workers");
  CHECK(nearest("work", kWords) == "workers");
  CHECK_FALSE(nearest("", kWords).has_value());
  CHECK_FALSE(nearest("ab", kWords).has_value());
  CHECK_FALSE(nearest("timeout", kWords).has_value());
  CHECK_FALSE(nearest("x", kWords).has_value());
  CHECK_FALSE(nearest(std::string(100'000, 'a'), kWords).has_value());
}

}  // namespace pinion::config
