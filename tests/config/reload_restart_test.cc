// What a reload leaves for a restart, and what it refuses because of that.
#include <doctest/doctest.h>

#include "config/reload.h"
#include "reloading.h"

namespace pinion::config::reloading {

TEST_CASE("what needs a restart is said and changes nothing") {
  const Config running =
      parse("[proxy]\nworkers = 1\n" + pool_with("chat", kOne) + route_from("/", "chat"));
  const Reload planned = reload(running, R"([proxy]
workers = 2
max_connections = 100
shutdown_grace = "5s"
[proxy.timeouts]
connect = "1s"
[proxy.limits]
pins = 100
[admin]
listen = "127.0.0.1:9181"
[log]
format = "json"
level = "debug"
)" + pool_with("chat", kOne + "\nsocketio_path = \"/ws/\"\nbalance = \"round_robin\"") +
                                             route_from("/", "chat"));
  CHECK(planned.restarts.size() == 6);
  CHECK(planned.restarts.front() == "[proxy].workers: 1 -> 2");
  CHECK(planned.restarts.back() == "pool chat: [pool].socketio_path: /socket.io/ -> /ws/");
  CHECK(planned.changes == Lines{"[proxy].shutdown_grace: 30s -> 5s",
                                 "[proxy.timeouts].connect: 2s -> 1s", "[log].level: info -> debug",
                                 "pool chat: [pool].balance: least_load -> round_robin"});
  const Config& next = planned.config;
  CHECK(next.proxy.workers == 1);
  CHECK(next.proxy.limits.pins == running.proxy.limits.pins);
  CHECK(next.admin == running.admin);
  CHECK(next.log.format == LogFormat::text);
  CHECK(next.log.level == LogLevel::debug);
  CHECK(next.pools[0].socketio_path == "/socket.io/");
  // It is said again for as long as the file asks for it.
  CHECK(reload(next, "[proxy]\nworkers = 2\n" + pool_with("chat", kOne) + route_from("/", "chat"))
            .restarts.size() == 1);
}

// Its sessions would not be pinned until the restart.
TEST_CASE("a change of which half would wait for a restart is refused as a whole") {
  const auto at = [](const std::string& prefix) {
    return pool_with("chat", kOne + "\nsocketio_path = \"" + prefix + "socket.io/\"") +
           route_from(prefix, "chat");
  };
  const auto moved = plan_reload(parse(at("/a/")), parse(at("/b/")));
  REQUIRE_FALSE(moved);
  CHECK(moved.error().find("/a/socket.io/") != std::string::npos);
  CHECK(moved.error().find("restart") != std::string::npos);

  // What was so before is nothing that a change breaks.
  const std::string unreached = pool_with("chat", kOne) + route_from("/api/", "chat");
  CHECK(plan_reload(parse(unreached), parse(pool_with("chat", kOne + "\nsocketio_path = \"\"") +
                                            route_from("/api/", "chat"))));

  // A probe or an id that needs the path which is to come with it.
  const std::string plain =
      pool_with("chat", kOne + "\nsocketio_path = \"\"") + route_from("/", "chat");
  for (const std::string needs :
       {"[pool.health]\nkind = \"websocket\"", "[pool.health]\nkind = \"engineio\"",
        "[pool.affinity]\nids = [\"connect:id\"]"}) {
    CAPTURE(needs);
    const auto torn = plan_reload(
        parse(plain), parse(pool_with("chat", kOne + "\n" + needs) + route_from("/", "chat")));
    REQUIRE_FALSE(torn);
    CHECK(torn.error().find("restart") != std::string::npos);
  }
  // A pool that comes back under another path, to which alone its routes lead now.
  const std::string other = pool_with("other", kTwo) + route_from("/other/", "other");
  const Reload without = reload(parse(at("/a/") + other), other);
  CHECK_FALSE(plan_reload(without.config, parse(at("/b/") + other)));
  CHECK(plan_reload(without.config, parse(at("/a/") + other)));

  const std::string rest = pool_with("chat", kOne) + route_from("/", "chat");
  const auto limits = [&](const std::string& session, const std::string& total) {
    return parse("[proxy.limits]\nbuffered_per_session = \"" + session + "\"\nbuffered_total = \"" +
                 total + "\"\n" + rest);
  };
  const auto raised = plan_reload(limits("1MiB", "8MiB"), limits("16MiB", "64MiB"));
  REQUIRE_FALSE(raised);
  CHECK(raised.error().find("buffered_total") != std::string::npos);
  CHECK(plan_reload(limits("1MiB", "8MiB"), limits("8MiB", "64MiB")));
}

// The kernel would call the address taken, and the advice would be to stop what listens there.
TEST_CASE("a listener does not take the place of the admin endpoint before a restart") {
  const auto at = [](const std::string& proxy, const std::string& admin) {
    return parse("[proxy]\nlisten = [\"" + proxy + "\"]\n[admin]\nlisten = \"" + admin + "\"\n" +
                 pool_with("chat", kOne) + route_from("/", "chat"));
  };
  const Config running = at("127.0.0.1:8080", "127.0.0.1:9180");
  for (const char* listen : {"127.0.0.1:9180", "0.0.0.0:9180"}) {
    const auto swapped = plan_reload(running, at(listen, "127.0.0.1:9181"));
    REQUIRE_FALSE(swapped);
    CHECK(swapped.error().find(listen) != std::string::npos);
    CHECK(swapped.error().find("pinion's own admin endpoint") != std::string::npos);
    CHECK(swapped.error().find("restart") != std::string::npos);
  }
  CHECK(plan_reload(running, at("127.0.0.1:9181", "127.0.0.1:9182")));
}

TEST_CASE("no more pools than can be told apart") {
  Config running = parse(pool_with("chat", kOne) + route_from("/", "chat"));
  const auto also = [](int n) {
    std::string text = pool_with("chat", kOne);
    std::string routes;
    for (int i = 0; i < 255; ++i) {
      const std::string name = "p" + std::to_string(n) + "-" + std::to_string(i);
      text += pool_with(name, kOne);
      routes += route_from("/" + name + "/", name);
    }
    return text + routes + route_from("/", "chat");
  };
  for (int n = 0; n < 4; ++n) running = reload(running, also(n)).config;
  const auto refused = plan_reload(running, parse(also(5)));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().find("restart") != std::string::npos);
}

}  // namespace pinion::config::reloading
