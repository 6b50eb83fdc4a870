#include "config/load.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <thread>

#include "config/assemble.h"
#include "sample.h"

namespace pinion::config {

using sample::error_of;
using sample::errors_of;
using sample::smallest;
using sample::sound;
using std::chrono::seconds;

TEST_CASE("the smallest file gets the documented defaults") {
  const Config config = sound(smallest());
  REQUIRE(config.proxy.listen.size() == 1);
  CHECK(config.proxy.listen[0].text == "127.0.0.1:8080");
  CHECK(config.proxy.workers == std::max(1U, std::thread::hardware_concurrency()));
  CHECK(config.proxy.max_connections == 0);
  CHECK(config.proxy.shutdown_grace == seconds{30});
  CHECK(config.proxy.trusted_proxies.empty());
  const Timeouts& timeouts = config.proxy.timeouts;
  CHECK(timeouts == Timeouts{seconds{10},
                             seconds{30},
                             seconds{75},
                             seconds{2},
                             seconds{60},
                             std::chrono::minutes{5},
                             {}});
  const Limits& limits = config.proxy.limits;
  CHECK(limits ==
        Limits{64 << 10, 128, 16 << 10, 0, 1 << 20, 256 << 10, 256 << 20, 1'000'000, 262'144, 256});
  CHECK(config.admin.listen.text == "127.0.0.1:9180");
  CHECK(config.admin.token_file.empty());
  CHECK(config.admin.connections == 64);
  CHECK(config.admin.timeout == std::chrono::seconds{10});
  CHECK(config.log == Log{LogLevel::info, LogFormat::text, ""});
  REQUIRE(config.pools.size() == 1);
  CHECK(config.pools[0].balance == Balance::least_load);
  CHECK(config.pools[0].socketio_path == "/socket.io/");
  CHECK(config.pools[0].keep_alive == seconds{4});
  CHECK(config.pools[0].keep_alive_connections == 64);
  REQUIRE(config.routes.size() == 1);
  CHECK(config.routes[0] == Route{"", "/", 0});
}

TEST_CASE("both forms of backends add up, the short ones first and named by their addresses") {
  const Config config = sound(R"(
    [[pool]]
    name = "chat"
    backends = ["127.0.0.1:3001", "Chat.Example:80"]
    [[pool.backend]]
    name = "big"
    address = "[::1]:3003"
    weight = 2
    max_sessions = 500
    [[pool.backend]]
    address = "unix:/run/chat.sock"
    [[route]]
    pool = "chat"
  )");
  const auto& backends = config.pools[0].backends;
  REQUIRE(backends.size() == 4);
  CHECK(backends[0].name == "127.0.0.1:3001");
  CHECK(backends[1].name == "Chat.Example:80");
  CHECK(backends[1].address.host == "chat.example");
  CHECK(backends[1].weight == 1);
  CHECK(backends[2].name == "big");
  CHECK(backends[2].address.kind == Address::Kind::ipv6);
  CHECK(backends[2].weight == 2);
  CHECK(backends[2].max_sessions == 500);
  CHECK(backends[3].name == "unix:/run/chat.sock");
}

TEST_CASE("routes find their pools by name, also those that come later in the file") {
  const Config config = sound(R"(
    [[route]]
    host = "B.example"
    pool = "b"
    [[route]]
    pool = "a"
    [[pool]]
    name = "a"
    backends = ["127.0.0.1:1"]
    [[pool]]
    name = "b"
    backends = ["127.0.0.1:1"]
  )");
  REQUIRE(config.routes.size() == 2);
  CHECK(config.routes[0] == Route{"b.example", "/", 1});
  CHECK(config.routes[1] == Route{"", "/", 0});
}

TEST_CASE("keys may be written in every way that TOML knows") {
  const Config config = sound(
      "proxy.timeouts.connect = \"1s\"\r\n"
      "log = { level = 'error' }\n"
      "pool = [ { name = \"a\", backend = [ { address = \"127.0.0.1:1\" } ] } ]\n"
      "route = [ { pool = \"a\" } ]\n");
  CHECK(config.proxy.timeouts.connect == seconds{1});
  CHECK(config.log.level == LogLevel::error);
  CHECK(config.pools[0].backends.size() == 1);
}

TEST_CASE("a value that is wrong does not hide the others") {
  const auto errors = errors_of(smallest("[proxy]\nworkers = -1\nlisten = []\n[log]\nlevel = 3\n"));
  REQUIRE(errors.size() == 3);
  CHECK(errors[0].find("7:11: error: [proxy].workers: -1 is too small") == 0);
  CHECK(errors[1].find("8:10: error: [proxy].listen: the list is empty") == 0);
  CHECK(errors[2].find("10:9: error: [log].level: the number 3") == 0);
}

TEST_CASE("what cannot be read or is no TOML is one error") {
  const auto missing = load_file("/nonexistent/pinion.toml");
  REQUIRE_FALSE(missing.has_value());
  REQUIRE(missing.error().size() == 1);
  CHECK(to_text(missing.error()[0]) ==
        "/nonexistent/pinion.toml: error: cannot be read: No such file or directory; -c FILE names "
        "another one, pinion config prints one to begin with");
  const auto directory = load_file(std::filesystem::temp_directory_path().string());
  REQUIRE_FALSE(directory.has_value());
  CHECK(directory.error()[0].message == "cannot be read: Is a directory");
  CHECK(errors_of("[proxy]\nworkers = = 1\nlog = 3\n").size() == 1);
  CHECK(error_of("[proxy]\nworkers = 1\nworkers = 2\n")
            .find("3:11: error: the file is not valid TOML: ") == 0);
}

TEST_CASE("a file larger than any config is not read") {
  const auto endless = load_file("/dev/zero");
  REQUIRE_FALSE(endless.has_value());
  CHECK(endless.error()[0].message == "is too large, allowed: at most 1048576 bytes");
}

TEST_CASE("the defaults are those of a file that says nothing") {
  Config defaults = default_config();
  Config loaded = sound(smallest());
  CHECK(defaults.proxy.workers == 0);
  defaults.proxy.workers = loaded.proxy.workers;
  CHECK(defaults.proxy == loaded.proxy);
  CHECK(defaults.admin == loaded.admin);
  CHECK(defaults.log == loaded.log);
  Pool pool = default_pool();
  pool.name = "chat";
  pool.backends = loaded.pools[0].backends;
  CHECK(pool == loaded.pools[0]);
  CHECK(default_backend().weight == 1);
}

}  // namespace pinion::config
