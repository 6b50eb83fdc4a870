#include "proxy/cookies.h"

#include <doctest/doctest.h>

#include "books.h"

namespace pinion::proxy {
namespace {

config::Pool pool_with_cookie(std::string key = {}) {
  config::Pool pool;
  pool.name = "chat";
  pool.affinity.cookie = "pinion";
  pool.affinity.cookie_key = std::move(key);
  return pool;
}

}  // namespace

TEST_CASE("a value stands for one backend, and only that value") {
  test::Books books(3);
  const std::string made = "a key that was made";
  Cookies cookies(made);
  const config::Pool pool = pool_with_cookie();
  balance::BackendSet set;
  set.backends = books.backends;
  const std::string value = cookies.value_for(pool, set, *books.backends[1]);
  CHECK(cookies.backend_of(pool, set, value) == books.backends[1]);
  std::string forged = value;
  forged[3] = forged[3] == 'A' ? 'B' : 'A';
  CHECK(cookies.backend_of(pool, set, forged) == nullptr);
  CHECK(cookies.backend_of(pool, set, "") == nullptr);
  CHECK(cookies.backend_of(pool, set, "b1") == nullptr);
}

// A name that was one address, then another, and is both at last.
TEST_CASE("backends of one name are told apart by their addresses") {
  const auto at = [](std::uint16_t port, const char* name = "app") {
    return balance::Backend{{.id = port,
                             .pool_name = "chat",
                             .name = name,
                             .address = *SocketAddress::from_ip("127.0.0.1", port)}};
  };
  balance::Backend first = at(1);
  balance::Backend second = at(2);
  balance::Backend other = at(3, "other");
  const std::string made = "a key that was made";
  Cookies cookies(made);
  const config::Pool pool = pool_with_cookie();
  balance::BackendSet alone;
  alone.backends = {&second, &other};
  alone.find_namesakes();
  const std::string before = cookies.value_for(pool, alone, second);
  balance::BackendSet both;
  both.backends = {&first, &second, &other};
  both.find_namesakes();
  const std::string value = cookies.value_for(pool, both, second);
  CHECK(value != before);
  CHECK(cookies.backend_of(pool, both, value) == &second);
  CHECK(cookies.backend_of(pool, both, cookies.value_for(pool, both, first)) == &first);
  CHECK(cookies.backend_of(pool, alone, before) == &second);
  // Nothing has happened to that one.
  const std::string of_other = cookies.value_for(pool, alone, other);
  CHECK(cookies.backend_of(pool, both, of_other) == &other);
}

TEST_CASE("values are good as long as the key is the same") {
  test::Books books(2);
  const std::string made = "a key that was made";
  Cookies cookies(made);
  balance::BackendSet set;
  set.backends = books.backends;
  const std::string value =
      cookies.value_for(pool_with_cookie("from a file 1"), set, *books.backends[0]);
  CHECK(cookies.backend_of(pool_with_cookie("from a file 2"), set, value) == nullptr);
  CHECK(cookies.backend_of(pool_with_cookie("from a file 1"), set, value) == books.backends[0]);
  const std::string other_made = "another";
  Cookies after_restart(other_made);
  CHECK(after_restart.backend_of(pool_with_cookie("from a file 1"), set, value) ==
        books.backends[0]);
  CHECK(after_restart.value_for(pool_with_cookie(), set, *books.backends[0]) !=
        cookies.value_for(pool_with_cookie(), set, *books.backends[0]));
}

TEST_CASE(
    "the field keeps scripts and other sites away from it, and goes by TLS only where that is") {
  config::Affinity affinity = pool_with_cookie().affinity;
  CHECK(Cookies::field(affinity, "v", false) == "pinion=v; Path=/; HttpOnly; SameSite=Lax");
  affinity.cookie_same_site = config::SameSite::none;
  CHECK(Cookies::field(affinity, "v", true) == "pinion=v; Path=/; HttpOnly; SameSite=None; Secure");
  affinity.cookie_same_site = config::SameSite::strict;
  CHECK(Cookies::field(affinity, "v", true) ==
        "pinion=v; Path=/; HttpOnly; SameSite=Strict; Secure");
}

}  // namespace pinion::proxy
