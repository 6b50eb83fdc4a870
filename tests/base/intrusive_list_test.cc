#include "base/intrusive_list.h"

#include <doctest/doctest.h>

#include <vector>

namespace pinion {
namespace {

struct Item : ListHook<> {
  explicit Item(int n) : number(n) {}
  int number;
};

std::vector<int> numbers(const IntrusiveList<Item>& list) {
  std::vector<int> seen;
  for (Item* at = list.front(); at != nullptr; at = list.after(*at)) seen.push_back(at->number);
  return seen;
}

}  // namespace

TEST_CASE("elements keep their order and leave when they die") {
  IntrusiveList<Item> list;
  Item one{1};
  Item three{3};
  list.push_back(one);
  {
    Item two{2};
    list.push_back(two);
    list.push_back(three);
    CHECK(numbers(list) == std::vector{1, 2, 3});
  }
  CHECK(numbers(list) == std::vector{1, 3});
  CHECK(list.pop_front() == &one);
  CHECK_FALSE(one.is_linked());
  three.unlink();
  CHECK(list.empty());
  CHECK(list.pop_front() == nullptr);
}

TEST_CASE("splice_back moves everything behind") {
  IntrusiveList<Item> a;
  IntrusiveList<Item> b;
  Item one{1};
  Item two{2};
  Item three{3};
  a.push_back(one);
  b.push_back(two);
  b.push_front(three);
  a.splice_back(b);
  CHECK(b.empty());
  CHECK(numbers(a) == std::vector{1, 3, 2});
  CHECK(a.back() == &two);
  CHECK(a.before(two) == &three);
}

}  // namespace pinion
