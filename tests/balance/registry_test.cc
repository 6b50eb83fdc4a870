#include "balance/registry.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "backends.h"

namespace pinion::balance {
namespace {

BackendIdentity named(const std::string& name, std::uint16_t port) {
  return {.pool = 0, .pool_name = "chat", .name = name, .address = test::address(port)};
}

}  // namespace

TEST_CASE("an address that comes back finds its backend with its counts") {
  Registry registry;
  Backend* const first = registry.find_or_add(named("a", 4001));
  registry.find_or_add(named("b", 4002));
  const Reservation held = test::reserve(*first);
  Backend* const again = registry.find_or_add(named("a", 4001));
  CHECK(again == first);
  CHECK(again->assigned().reserved == 1);
  CHECK(&registry.by_id(first->id()) == first);
}

TEST_CASE("an address of a host name that comes back under another name is the same backend") {
  Registry registry;
  Backend* const first = registry.find_or_add("chat:4001", named("chat:4001", 4001));
  const BackendIdentity later = named("chat:4001@127.0.0.1:4001", 4001);
  CHECK(registry.find_or_add("chat:4001", later) == first);
  CHECK(first->identity().name == "chat:4001");
  CHECK(registry.find_or_add("other:4001", later) != first);
}

TEST_CASE("what makes a backend another one") {
  Registry registry;
  Backend* const first = registry.find_or_add(named("a", 4001));
  auto other_pool = named("a", 4001);
  other_pool.pool = 1;
  for (const auto& identity : {other_pool, named("b", 4001), named("a", 4002)}) {
    Backend* const other = registry.find_or_add(identity);
    CHECK(other != first);
    CHECK(&registry.by_id(other->id()) == other);
  }
  CHECK(registry.size() == 4);
}

TEST_CASE("a new weight or limit does not make another backend") {
  Registry registry;
  Backend* const first = registry.find_or_add(named("a", 4001));
  CHECK(first->weight() == 1);
  const Reservation held = test::reserve(*first);
  auto changed = named("a", 4001);
  changed.weight = 2;
  changed.max_sessions = 1;
  CHECK(registry.find_or_add(changed) == first);
  CHECK(first->weight() == 2);
  CHECK(first->is_full());
  CHECK_FALSE(test::reserve(*first));
}

TEST_CASE("backends are found by id while others are added") {
  Registry registry;
  constexpr std::uint16_t kCount = 5000;
  registry.find_or_add(named("first", 1));
  std::atomic<BackendId> known{0};
  std::atomic<bool> wrong{false};
  std::vector<std::thread> readers;
  readers.reserve(3);
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      BackendId last = 0;
      while (last + 1 < kCount) {
        last = known.load(std::memory_order_acquire);
        const Backend& found = registry.by_id(last);
        if (found.id() != last) wrong = true;
      }
    });
  }
  for (std::uint16_t i = 1; i < kCount; ++i) {
    const Backend* const added = registry.find_or_add(named("b", i));
    known.store(added->id(), std::memory_order_release);
  }
  for (std::thread& reader : readers) reader.join();
  CHECK_FALSE(wrong);
}

TEST_CASE("the registry is bounded") {
  Registry registry;
  for (std::size_t i = 0; i < Registry::kMaxBackends; ++i) {
    REQUIRE(registry.find_or_add(named("b" + std::to_string(i), 4000)) != nullptr);
  }
  CHECK(registry.find_or_add(named("one more", 4000)) == nullptr);
  CHECK(registry.find_or_add(named("b7", 4000)) != nullptr);
}

}  // namespace pinion::balance
