#include "uv/resolver.h"

#include <doctest/doctest.h>

#include "run_until.h"

namespace pinion::uv {

TEST_CASE("a name is answered by the loop, with its port") {
  Loop loop;
  Resolver resolver(loop);
  std::vector<SocketAddress> found;
  bool answered = false;
  resolver.resolve("localhost", 8080, [&](const auto& addresses, const char* error) {
    CHECK(error == nullptr);
    found = addresses;
    answered = true;
  });
  CHECK_FALSE(answered);
  CHECK(test::run_until(loop, [&] { return answered; }));
  REQUIRE_FALSE(found.empty());
  for (const SocketAddress& address : found) {
    CHECK((address.to_string() == "127.0.0.1:8080" || address.to_string() == "[::1]:8080"));
  }
}

TEST_CASE("a name that does not exist is answered with the reason") {
  Loop loop;
  Resolver resolver(loop);
  std::string why;
  resolver.resolve("no-such-name.invalid", 1, [&](const auto& addresses, const char* error) {
    CHECK(addresses.empty());
    if (error != nullptr) why = error;
  });
  CHECK(test::run_until(loop, [&] { return !why.empty(); }));
}

TEST_CASE("more questions than may be asked at once are all answered") {
  Loop loop;
  Resolver resolver(loop);
  std::size_t answers = 0;
  constexpr std::size_t kAsked = 5 * Resolver::kAtOnce;
  for (std::size_t i = 0; i < kAsked; ++i) {
    resolver.resolve("127.0.0.1", 1, [&](const auto&, const char*) { ++answers; });
  }
  CHECK(test::run_until(loop, [&] { return answers == kAsked; }));
}

TEST_CASE("a resolver that dies drops what is under way") {
  Loop loop;
  bool answered = false;
  {
    Resolver resolver(loop);
    for (int i = 0; i < 20; ++i) {
      resolver.resolve("localhost", 1, [&](const auto&, const char*) { answered = true; });
    }
  }
  loop.run();
  CHECK_FALSE(answered);
}

}  // namespace pinion::uv
