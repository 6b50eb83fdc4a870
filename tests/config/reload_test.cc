#include "config/reload.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/ids.h"
#include "config/key_table.h"
#include "reloading.h"

namespace pinion::config::reloading {
namespace {

// One more than the default, or the least where 0 means something else.
std::string another_number(const Key& key) {
  const std::string fallback(key.fallback);
  const std::size_t digits = fallback.find_first_not_of("0123456789");
  const unsigned long long number = std::stoull(fallback);
  const std::string unit = digits == std::string::npos ? "" : fallback.substr(digits);
  if (number != 0) return std::to_string(number + 1) + unit;
  return std::to_string(key.min) + (key.type == Type::duration ? "ms"
                                    : key.type == Type::size   ? "B"
                                                               : "");
}

// In TOML, something else than the default; empty for what says which pool or backend it is.
std::string another_value(const Key& key) {
  const auto quoted = [](const std::string& text) { return '"' + text + '"'; };
  switch (key.type) {
    case Type::integer:
      return another_number(key);
    case Type::size:
    case Type::duration:
      return quoted(another_number(key));
    case Type::choice:
      // What a preset changes is told key by key, in a test of its own.
      if (key.name == "preset") return "";
      return quoted(std::string(key.choices[key.choices[0] == key.fallback ? 1 : 0]));
    case Type::url_path:
    case Type::socketio_path:
      return quoted("/other/");
    case Type::file_path:
      return quoted(PINION_SOURCE_ROOT "/tests/config/token");
    case Type::listen_address:
      return quoted("127.0.0.1:9999");
    case Type::listen_addresses:
      return "[\"127.0.0.1:9999\"]";
    case Type::networks:
      return "[\"10.0.0.0/8\"]";
    case Type::host:
      return quoted("other.example");
    case Type::cookie_name:
      return quoted("other");
    case Type::id_places:
      return "[\"query:id\"]";
    case Type::name:
    case Type::backend_address:
    case Type::backend_addresses:
    case Type::path_ends:  // not without ids to read there
      break;
  }
  return "";
}

// A file with this key alone set to something else.
std::string with_another(const Key& key, const std::string& value) {
  const std::string line = std::string(key.name) + " = " + value + "\n";
  const std::string header = "[" + std::string(info(key.section).path) + "]\n";
  const bool below_pool = info(key.section).path.starts_with("pool.");
  const std::string backend = "[[pool.backend]]\naddress = \"10.0.0.1:1\"\n";
  std::string text = key.section == Section::file || info(key.section).repeated() || below_pool
                         ? ""
                         : header + line;
  text += "[[pool]]\nname = \"chat\"\n" + (key.section == Section::pool ? line : "") + backend;
  if (key.section == Section::backend) text += line;
  if (below_pool && key.section != Section::backend) text += header + line;
  return text + "[[route]]\npool = \"chat\"\n" + (key.section == Section::route ? line : "");
}

}  // namespace

TEST_CASE("a change of any key is told") {
  const Config running = parse(
      "[[pool]]\nname = \"chat\"\n[[pool.backend]]\naddress = \"10.0.0.1:1\"\n"
      "[[route]]\npool = \"chat\"\n");
  for (const Key& key : keys()) {
    const std::string value = another_value(key);
    if (value.empty()) continue;
    CAPTURE(key.name);
    const Reload planned = reload(running, with_another(key, value));
    CHECK((key.restart ? planned.restarts : planned.changes).size() == 1);
    CHECK((key.restart ? planned.changes : planned.restarts).empty());
    CHECK((planned.config == running) == key.restart);
  }
}

TEST_CASE("the same file changes nothing") {
  const std::string text = pool_with("chat", kTwo) + route_from("/", "chat");
  const Config running = parse(text);
  const Reload planned = reload(running, text);
  CHECK(planned.changes.empty());
  CHECK(planned.restarts.empty());
  CHECK(planned.config == running);
}

TEST_CASE("backends come and go, weights change") {
  const Config running = parse(pool_with("chat", kTwo) + route_from("/", "chat"));
  const Reload planned =
      reload(running, pool_with("chat", R"(backends = ["10.0.0.1:1", "10.0.0.3:3"])") +
                          route_from("/", "chat"));
  CHECK(planned.changes == Lines{"backend chat/10.0.0.3:3 is new, at 10.0.0.3:3",
                                 "backend chat/10.0.0.2:2 at 10.0.0.2:2 is gone: it drains"});
  CHECK(planned.config.pools[0].backends.size() == 2);

  const Reload weighed = reload(running, pool_with("chat", R"(backends = ["10.0.0.2:2"]
[[pool.backend]]
address = "10.0.0.1:1"
weight = 3
max_sessions = 7)") + route_from("/", "chat"));
  CHECK(weighed.changes == Lines{"backend chat/10.0.0.1:1: [pool.backend].weight: 1 -> 3",
                                 "backend chat/10.0.0.1:1: [pool.backend].max_sessions: "
                                 "0 (no limit) -> 7"});
}

TEST_CASE("a backend that has another name is said to be counted anew") {
  const Config running = parse(pool_with("chat", kTwo) + route_from("/", "chat"));
  const auto named = [](const std::string& name, const std::string& address) {
    return pool_with("chat", kOne + "\n[[pool.backend]]\naddress = \"" + address + "\"\nname = \"" +
                                 name + "\"") +
           route_from("/", "chat");
  };
  const Reload renamed = reload(running, named("two", "10.0.0.2:2"));
  CHECK(renamed.changes ==
        Lines{"backend chat/two is new, at 10.0.0.2:2; the sessions that it has got as 10.0.0.2:2 "
              "stay under that name, and are not counted with its own",
              "backend chat/10.0.0.2:2 at 10.0.0.2:2 is gone: it drains"});
  // One that is only spelled otherwise stays.
  const Config by_name = parse(named("two", "app.example:2"));
  const Reload respelled = reload(by_name, named("two", "APP.example:2"));
  CHECK(respelled.changes == Lines{"backend chat/two: [pool.backend].address: app.example:2 -> "
                                   "APP.example:2"});
}

TEST_CASE("the sections within a pool are looked at") {
  const Config running = parse(pool_with("chat", kOne) + route_from("/", "chat"));
  const Reload planned =
      reload(running, pool_with("chat", kOne + "\n[pool.slow_consumer]\nafter = \"7s\"") +
                          route_from("/", "chat"));
  CHECK(planned.changes == Lines{"pool chat: [pool.slow_consumer].after: 30s -> 7s"});
  CHECK(planned.config.pools[0].slow_consumer.after == std::chrono::seconds{7});
}

TEST_CASE("what a preset changes is told key by key") {
  const Config running = parse(pool_with("chat", kOne) + route_from("/", "chat"));
  const std::string file =
      pool_with("chat", kOne + "\npreset = \"chainlit\"") + route_from("/", "chat");
  const Reload planned = reload(running, file);
  CHECK(planned.changes ==
        Lines{"pool chat: [pool].preset: (none) -> chainlit",
              "pool chat: [pool.affinity].ids: none -> connect:sessionId, query:session_id, "
              "header:x-session-id, json:sessionId, json:session_id, cookie:X-Chainlit-Session-id",
              "pool chat: [pool.affinity].json_paths: none -> /project/action, /project/element, "
              "/mcp, /feedback, /set-session-cookie",
              "pool chat: [pool.affinity].connect_wait: 1s -> 2s",
              "pool chat: [pool.affinity].move_wait: 10s -> 19s"});
  CHECK(planned.restarts ==
        Lines{"pool chat: [pool].socketio_path: /socket.io/ -> /ws/socket.io/"});
  CHECK(reload(parse(file), file).changes.empty());
}

TEST_CASE("ids, their paths and the key of the cookie change while pinion runs") {
  const auto file = [](const std::string& affinity) {
    return pool_with("chat", kOne + "\n[pool.affinity]\n" + affinity) + route_from("/", "chat");
  };
  const Config running = parse(file("ids = [\"json:a\"]\njson_paths = [\"/a\"]"));
  const Reload planned =
      reload(running, file("ids = [\"json:a\"]\njson_paths = [\"/a\", \"/b\"]\nkeep = \"2h\"\n"
                           "cookie_key_file = \"" PINION_SOURCE_ROOT "/tests/config/token\""));
  REQUIRE(planned.changes.size() == 3);
  CHECK(planned.changes[0] == "pool chat: [pool.affinity].json_paths: /a -> /a, /b");
  CHECK(planned.changes[1] == "pool chat: [pool.affinity].keep: 1h -> 2h");
  CHECK(planned.changes[2].find("[pool.affinity].cookie_key_file: (a key is made at start") !=
        std::string::npos);
  CHECK(planned.restarts.empty());
  CHECK(planned.config.pools[0].affinity.cookie_key.size() >= 16);
}

TEST_CASE("a pool keeps its index, whatever the file's order") {
  const Config running = parse(pool_with("a", kOne) + pool_with("b", kOne) + route_from("/a", "a") +
                               route_from("/", "b"));
  const Reload planned =
      reload(running, pool_with("new", kOne) + pool_with("b", kOne) + pool_with("a", kOne) +
                          route_from("/n", "new") + route_from("/a", "a") + route_from("/", "b"));
  const Config& next = planned.config;
  REQUIRE(next.pools.size() == 3);
  CHECK(next.pools[0].name == "a");
  CHECK(next.pools[1].name == "b");
  CHECK(next.pools[2].name == "new");
  CHECK(next.routes[0].pool == 2);
  CHECK(next.routes[1].pool == 0);
  CHECK(next.routes[2].pool == 1);
}

TEST_CASE("a pool that is gone stays as a place, and may come back to it") {
  const std::string both =
      pool_with("a", kOne) + pool_with("b", kOne) + route_from("/a", "a") + route_from("/", "b");
  const Config running = parse(both);
  const Reload without = reload(running, pool_with("b", kOne) + route_from("/", "b"));
  REQUIRE(without.config.pools.size() == 2);
  CHECK(without.config.pools[0].retired);
  CHECK(without.config.pools[0].backends.empty());
  CHECK_FALSE(without.config.pools[1].retired);
  CHECK(without.config.routes[0].pool == 1);
  CHECK(std::ranges::find(without.changes, "pool a is gone: its backends drain") !=
        without.changes.end());
  // Said once.
  CHECK(reload(without.config, pool_with("b", kOne) + route_from("/", "b")).changes.empty());

  const Reload back = reload(without.config, both);
  CHECK_FALSE(back.config.pools[0].retired);
  CHECK(back.config.pools[0].backends.size() == 1);
  CHECK(back.config.routes == running.routes);
}

TEST_CASE("routes that were are remembered, the latest first, up to a bound") {
  // A hundred routes each, of which none is in another one.
  const auto routed = [](int generation) {
    std::string text = pool_with("chat", kOne);
    for (int n = 0; n < 100; ++n) {
      text += route_from(fmt::format("/{}-{}/", generation, n), "chat");
    }
    return text;
  };
  Config running = parse(routed(0));
  CHECK(reload(running, routed(0)).config.former_routes.empty());
  for (int generation = 1; generation <= 10; ++generation) {
    running = reload(running, routed(generation)).config;
  }
  REQUIRE(running.former_routes.size() == kMostFormerRoutes);
  CHECK(running.former_routes.front().path == "/9-0/");
  CHECK(running.former_routes.back().path == "/0-99/");

  const Reload above = reload(running, routed(11));
  CHECK(
      above.changes.back() ==
      "there have been more than 1000 routes: sessions opened by the 100 oldest are found no more");
  CHECK(above.config.former_routes.front().path == "/10-0/");
  CHECK(above.config.former_routes.back().path == "/1-99/");

  // Each is remembered once, however often it has been there.
  const Config again = reload(above.config, routed(10)).config;
  const Config last = reload(again, routed(12)).config;
  CHECK(std::ranges::count(last.former_routes, again.routes.front()) == 1);
}

TEST_CASE("another key in the same file is told, since it makes cookies worthless") {
  const Config running = parse(pool_with("chat", kOne) + route_from("/", "chat"));
  Config rotated = running;
  rotated.pools[0].affinity.cookie_key = "another";
  const auto planned = plan_reload(running, rotated);
  REQUIRE(planned);
  REQUIRE(planned->changes.size() == 1);
  CHECK(planned->changes[0].find("another key") != std::string::npos);
}

}  // namespace pinion::config::reloading
