#include "config/check.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "config/check_routes.h"
#include "sample.h"

namespace pinion::config {
namespace {

using sample::error_of;
using sample::errors_of;
using sample::smallest;
using sample::sound;

std::string pool(const std::string& name, const std::string& more = {}) {
  return "[[pool]]\nname = \"" + name + "\"\nbackends = [\"127.0.0.1:3001\"]\n" + more;
}

std::string route(const std::string& name, const std::string& host, const std::string& path) {
  return "[[route]]\nhost = \"" + host + "\"\npath = \"" + path + "\"\npool = \"" + name + "\"\n";
}

void expect(const std::string& text, const std::string& error) {
  const auto errors = errors_of(text);
  CAPTURE(text);
  CHECK(errors.size() == 1);
  CHECK(errors[0] == error);
}

}  // namespace

TEST_CASE("two listeners on one address") {
  expect(smallest("[proxy]\nlisten = [\"127.0.0.1:80\", \"0.0.0.0:80\"]\n"),
         "7:27: error: [proxy].listen: the address is taken already by \"127.0.0.1:80\" (line 7), "
         "each "
         "listener needs its own");
  expect(smallest("[admin]\nlisten = \"127.0.0.1:8080\"\n"),
         "7:10: error: [admin].listen: the address is taken already by \"127.0.0.1:8080\" (the "
         "default), "
         "each listener needs its own");
  expect(smallest("[proxy]\nlisten = [\"[::1]:80\", \"0.0.0.0:9180\"]\n"),
         "7:23: error: [proxy].listen: the address is taken already by \"127.0.0.1:9180\" (the "
         "default), "
         "each listener needs its own");
  sound(smallest(
      "[proxy]\nlisten = [\"0.0.0.0:80\", \"[::]:80\", \"127.0.0.1:0\", \"127.0.0.1:0\"]\n"));
}

TEST_CASE("an admin endpoint that others can reach needs a token") {
  const std::string token = "token_file = \"" PINION_SOURCE_ROOT "/tests/config/token\"\n";
  expect(smallest("[admin]\nlisten = \"0.0.0.0:9180\"\n"),
         "7:10: error: [admin].listen: other machines can reach \"0.0.0.0:9180\", so token_file "
         "must be set "
         "too; without a token allowed: 127.0.0.1, [::1] or a unix socket");
  sound(smallest("[admin]\nlisten = \"0.0.0.0:9180\"\n" + token));
  sound(smallest("[admin]\nlisten = \"[::1]:9180\"\n"));
  sound(smallest("[admin]\nlisten = \"unix:/run/pinion-admin.sock\"\n"));
  expect(smallest("[admin]\ntoken_file = \"/nonexistent\"\n"),
         "7:14: error: [admin].token_file: \"/nonexistent\" cannot be read: No such file or "
         "directory");
  expect(smallest("[admin]\ntoken_file = \"/dev/null\"\n"),
         "7:14: error: [admin].token_file: \"/dev/null\" is empty");
}

TEST_CASE("limits that contradict one another") {
  expect(smallest("[proxy.limits]\nurl = \"128KiB\"\n"),
         "7:7: error: [proxy.limits].url: 128KiB is more than head, which is 64KiB and holds the "
         "url too");
  expect(smallest("[proxy.limits]\nhead = \"8KiB\"\n"),
         "7:8: error: [proxy.limits].url: 16KiB is more than head, which is 8KiB and holds the url "
         "too");
  expect(smallest("[proxy.limits]\nbuffered_per_session = \"512MiB\"\n"),
         "7:24: error: [proxy.limits].buffered_total: 256MiB is less than buffered_per_session, "
         "which is "
         "512MiB");
  // The limit that could not be read is the only error.
  CHECK(errors_of(smallest("[proxy.limits]\nhead = \"8KB\"\nurl = \"1MiB\"\n")).size() == 1);
}

TEST_CASE("names and addresses that are there twice") {
  expect(pool("chat") + pool("chat") + route("chat", "", "/"),
         "5:8: error: [pool].name: there is a pool \"chat\" already (line 2), each needs its own "
         "name");
  expect(pool("chat", "[[pool.backend]]\nname = \"a\"\naddress = \"127.0.0.1:3001\"\n") +
             route("chat", "", "/"),
         "6:11: error: [pool.backend].address: the pool has a backend at \"127.0.0.1:3001\" "
         "already (line 3); "
         "to give it more sessions set its weight");
  expect(pool("chat",
              "[[pool.backend]]\nname = \"a\"\naddress = \"a:1\"\n"
              "[[pool.backend]]\nname = \"a\"\naddress = \"a:2\"\n") +
             route("chat", "", "/"),
         "8:8: error: [pool.backend].name: the pool has a backend named \"a\" already (line 5)");
  // In different pools both may be the same.
  sound(pool("a") + pool("b") + route("a", "a.example", "/") + route("b", "", "/"));
}

TEST_CASE("a backend that is pinion itself") {
  expect(smallest("[proxy]\nlisten = [\"0.0.0.0:3001\"]\n"),
         "3:13: error: [pool].backends: \"127.0.0.1:3001\" is pinion's own listener "
         "\"0.0.0.0:3001\", so that "
         "requests would go round in circles");
}

TEST_CASE("pools without backends") {
  for (const auto* none : {"", "backends = []\n", "backend = []\n"}) {
    expect(std::string("[[pool]]\nname = \"chat\"\n") + none + route("chat", "", "/"),
           "1:1: error: [pool].backends: the pool has none, add backends = [\"HOST:PORT\"] or a "
           "[[pool.backend]] below it");
  }
}

TEST_CASE("what is missing altogether") {
  CHECK(errors_of("").size() == 2);
  CHECK(errors_of("")[0].find("1:1: error: [[pool]]: is missing, add a [[pool]] with ") == 0);
  expect(
      pool("chat"),
      "1:1: error: [[route]]: is missing, so that no request would be served; add a [[route]] with "
      "pool = \"chat\" at the end of the file");
  expect(
      pool("a") + pool("b"),
      "1:1: error: [[route]]: is missing, so that no request would be served; add a [[route]] with "
      "pool = \"NAME\" for each pool");
}

TEST_CASE("routes and pools that do not find each other") {
  expect(pool("chat") + route("chad", "", "/"),
         "7:8: error: [route].pool: there is no pool \"chad\", did you mean \"chat\"?");
  expect(pool("chat") + pool("web") + route("x", "", "/"),
         "10:8: error: [route].pool: there is no pool \"x\", allowed: chat, web");
  expect(pool("chat") + pool("web") + route("chat", "", "/"),
         "5:8: error: [pool].name: no [[route]] leads to pool \"web\", add one with pool = "
         "\"web\", or remove "
         "the pool");
}

TEST_CASE("a route is unreachable when an earlier one takes all of its requests") {
  const auto reachable = [](const std::string& first, const std::string& second) {
    const auto loaded = load_text(pool("p") + first + second, "");
    if (loaded) return true;
    REQUIRE(loaded.error().size() == 1);
    CHECK(loaded.error()[0].message.find("no request reaches this route") == 0);
    CHECK(loaded.error()[0].at == Position{8, 1});
    return false;
  };
  CHECK_FALSE(reachable(route("p", "", "/"), route("p", "", "/")));
  CHECK_FALSE(reachable(route("p", "", "/"), route("p", "a.example", "/x")));
  CHECK_FALSE(reachable(route("p", "", "/app"), route("p", "", "/apple")));
  CHECK_FALSE(reachable(route("p", "A.example", "/"), route("p", "a.example", "/x")));
  CHECK(reachable(route("p", "a.example", "/"), route("p", "", "/")));
  CHECK(reachable(route("p", "a.example", "/"), route("p", "b.example", "/")));
  CHECK(reachable(route("p", "", "/app/"), route("p", "", "/app")));
  CHECK(reachable(route("p", "", "/a"), route("p", "", "/b")));
}

TEST_CASE("a socketio_path that no route brings to its pool") {
  const std::string web = pool("web") + route("web", "", "/");
  expect(pool("chat", "socketio_path = \"/ws/\"\n") + route("chat", "", "/app/") + web,
         "4:17: error: [pool].socketio_path: no [[route]] brings requests for /ws/ to pool "
         "\"chat\", so no "
         "session could be pinned; write the path with the route's own path in front");
  sound(pool("chat", "socketio_path = \"/app/ws/\"\n") + route("chat", "", "/app/") + web);
  sound(pool("chat", "socketio_path = \"\"\n") + route("chat", "", "/app/") + web);
  // An earlier route to another pool takes the path away, unless it is for another host.
  const std::string rest = pool("chat", "socketio_path = \"/ws/\"\n") + route("chat", "", "/");
  CHECK(error_of(pool("web") + route("web", "", "/w") + rest)
            .find("no [[route]] brings requests for /ws/") != std::string::npos);
  sound(pool("web") + route("web", "web.example", "/w") + rest);
}

TEST_CASE("a default socketio_path that no route brings to its pool is no error, but can be told") {
  const Config config = sound(pool("static") + route("static", "", "/static/") + pool("chat") +
                              route("chat", "", "/"));
  CHECK_FALSE(reaches_socketio(config, 0));
  CHECK(reaches_socketio(config, 1));
}

TEST_CASE("an error does not bring others with it that are its consequence") {
  // The names could not be read, so nothing is said about what they would have named.
  CHECK(errors_of(pool("a b") + route("a b", "", "/")).size() == 2);
  CHECK(errors_of("[[pools]]\nname = \"chat\"\n" + route("chat", "", "/")).size() == 1);
  CHECK(errors_of(pool("chat") + "[[routes]]\npool = \"chat\"\n").size() == 1);
  CHECK(errors_of("[[pool]]\nname = \"chat\"\nbackend = [\"a:1\"]\n" + route("chat", "", "/"))
            .size() == 1);
  CHECK(errors_of("[pool]\nname = \"chat\"\nbackends = [\"a:1\"]\n" + route("chat", "", "/"))
            .size() == 1);
}

}  // namespace pinion::config
