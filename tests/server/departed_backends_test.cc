#include "departed_backends.h"

#include <doctest/doctest.h>

#include "balance/backends.h"

namespace pinion {
namespace {

using balance::Backend;
using balance::BackendSets;

BackendSets pool_of(std::initializer_list<Backend*> backends) {
  auto set = std::make_shared<balance::BackendSet>();
  for (Backend* const backend : backends) set->add(*backend);
  return {std::move(set)};
}

}  // namespace

TEST_CASE("a backend that comes back after it has left the config drains no longer") {
  balance::test::Backends b;
  Backend& stays = b.add();
  Backend& leaves = b.add();
  DepartedBackends departed;
  departed.note(pool_of({&stays, &leaves}), pool_of({&stays}));
  leaves.set_draining(true);
  stays.set_draining(true);
  CHECK(departed.take_back(pool_of({&stays})).empty());
  CHECK(leaves.draining());
  CHECK(departed.take_back(pool_of({&stays, &leaves})) == std::vector{&leaves});
  CHECK_FALSE(leaves.draining());
  CHECK(stays.draining());
}

TEST_CASE("an order that comes after a backend has come back holds") {
  balance::test::Backends b;
  Backend& backend = b.add();
  DepartedBackends departed;
  departed.note(pool_of({&backend}), pool_of({}));
  CHECK(departed.take_back(pool_of({&backend})).empty());
  backend.set_draining(true);
  CHECK(departed.take_back(pool_of({&backend})).empty());
  CHECK(backend.draining());
}

}  // namespace pinion
