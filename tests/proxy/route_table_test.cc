#include "proxy/route_table.h"

#include <doctest/doctest.h>

namespace pinion::proxy {
namespace {

using config::Route;

const std::vector<Route> kRoutes = {{.host = "chat.example", .path = "/app/", .pool = 0},
                                    {.host = "chat.example", .path = "/app", .pool = 1},
                                    {.host = "[::1]", .path = "/", .pool = 2},
                                    {.host = "", .path = "/any", .pool = 3},
                                    {.host = "chat.example", .path = "/", .pool = 4}};

std::optional<PoolId> pool_of(std::string_view host, std::string_view path) {
  return find_pool(kRoutes, host, path);
}

}  // namespace

TEST_CASE("the first route whose host and prefix match decides") {
  CHECK(pool_of("chat.example", "/app/x") == 0U);
  CHECK(pool_of("chat.example", "/app/") == 0U);
  CHECK(pool_of("chat.example", "/app") == 1U);
  CHECK(pool_of("chat.example", "/any/x") == 3U);
  CHECK(pool_of("chat.example", "/other") == 4U);
}

TEST_CASE("a prefix counts byte by byte") {
  CHECK(pool_of("chat.example", "/apple") == 1U);
  CHECK(pool_of("other.example", "/anything") == 3U);
  CHECK(pool_of("other.example", "/an") == std::nullopt);
}

TEST_CASE("a question to the whole host goes where all its paths go") {
  CHECK(pool_of("chat.example", "*") == 4U);
  CHECK(pool_of("other.example", "*") == std::nullopt);
}

TEST_CASE("the dot that ends a fully qualified name makes no other host of it") {
  CHECK(pool_of("chat.example.", "/app/x") == 0U);
  CHECK(pool_of("chat.example.:8080", "/app/x") == 0U);
  CHECK(pool_of("chat.example..", "/app/x") == std::nullopt);
  CHECK(find_pool({{.host = "chat.example.", .path = "/", .pool = 7}}, "chat.example", "/") == 7U);
}

TEST_CASE("hosts are compared without port and without case") {
  CHECK(pool_of("CHAT.Example:8080", "/app/x") == 0U);
  CHECK(pool_of("[::1]:8080", "/") == 2U);
  CHECK(pool_of("[::1]", "/x") == 2U);
  CHECK(pool_of("chat.example.org", "/app/x") == std::nullopt);
  CHECK(pool_of("", "/app/x") == std::nullopt);
}

TEST_CASE("what matches nothing has no pool") {
  CHECK(find_pool({}, "chat.example", "/") == std::nullopt);
  CHECK(pool_of("other.example", "/") == std::nullopt);
}

}  // namespace pinion::proxy
