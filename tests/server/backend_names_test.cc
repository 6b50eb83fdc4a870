#include "backend_names.h"

#include <doctest/doctest.h>

namespace pinion {
namespace {

using balance::Backend;
using balance::BackendSets;

class Pools {
 public:
  Backend& add(PoolId pool, const std::string& name, std::uint16_t port) {
    return *registry.find_or_add({.pool = pool,
                                  .pool_name = pool == 0 ? "chat" : "game",
                                  .name = name,
                                  .address = *SocketAddress::from_ip("127.0.0.1", port)});
  }
  static std::shared_ptr<const balance::BackendSet> set(PoolId pool, std::vector<Backend*> of) {
    auto set = std::make_shared<balance::BackendSet>();
    set->pool = pool;
    for (Backend* const backend : of) set->add(*backend);
    return set;
  }
  [[nodiscard]] std::vector<std::string> names(const BackendSets& sets) const {
    std::vector<std::string> names;
    const BackendNames all(registry, sets);
    for (const auto& entry : all.all()) {
      names.push_back(entry.backend->identity().pool_name + '/' + entry.name);
    }
    return names;
  }

  balance::Registry registry;
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("backends are listed by pool as configured, then those that have left with somebody") {
  Pools pools;
  Backend& departed = pools.add(0, "left", 1);
  pools.add(0, "left and empty", 2);
  Backend& b = pools.add(0, "b", 3);
  Backend& a = pools.add(0, "a", 4);
  Backend& game = pools.add(1, "a", 5);
  const BackendSets sets{Pools::set(0, {&a, &b}), Pools::set(1, {&game})};
  CHECK(pools.names(sets) == Texts{"chat/a", "chat/b", "game/a"});
  const balance::InflightHold hold(departed);
  CHECK(pools.names(sets) == Texts{"chat/a", "chat/b", "chat/left", "game/a"});
}

TEST_CASE("one whose name another has taken over is told from it by its address") {
  Pools pools;
  Backend& first = pools.add(0, "a", 1);
  Backend& second = pools.add(0, "a", 2);
  const balance::InflightHold hold(first);
  const BackendSets sets{Pools::set(0, {&second})};
  CHECK(pools.names(sets) == Texts{"chat/a", "chat/a@127.0.0.1:1"});
  const BackendNames names(pools.registry, sets);
  CHECK(names.find("chat", "a")->backend == &second);
  CHECK(names.find("chat", "a@127.0.0.1:1")->backend == &first);
  CHECK(names.find(first.id())->name == "a@127.0.0.1:1");
}

TEST_CASE("a backend knows the set that it is in, and none when it has left") {
  Pools pools;
  Backend& here = pools.add(0, "here", 1);
  Backend& departed = pools.add(0, "left", 2);
  const balance::InflightHold hold(departed);
  const BackendSets sets{Pools::set(0, {&here})};
  const BackendNames names(pools.registry, sets);
  CHECK(names.find(here.id())->set == sets[0].get());
  CHECK(names.find(departed.id())->set == nullptr);
  CHECK(set_of(here, sets) == sets[0].get());
  CHECK(set_of(departed, sets) == nullptr);
  CHECK(set_of(departed, {}) == nullptr);
}

TEST_CASE("what is not there is not found") {
  Pools pools;
  Backend& here = pools.add(0, "here", 1);
  const BackendNames names(pools.registry, {Pools::set(0, {&here})});
  CHECK(names.find("game", "here") == nullptr);
  CHECK(names.find("chat", "there") == nullptr);
  CHECK(names.find(here.id() + 1) == nullptr);
}

}  // namespace pinion
