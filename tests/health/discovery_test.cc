#include "health/discovery.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <algorithm>
#include <atomic>
#include <mutex>

#include "config/load.h"
#include "uv/listen_socket.h"
#include "uv/run_until.h"

namespace pinion::health {
namespace {

using uv::test::run_until;

struct SeenChanges final : DiscoveryEvents {
  void on_backends_changed(const balance::BackendSets& sets) noexcept override {
    ++changes;
    last = sets;
  }
  void on_other_address(balance::Backend& backend, bool drained) noexcept override {
    moved.emplace_back(backend.identity().address.to_string(), drained);
  }
  void on_let_go(balance::Backend& backend) noexcept override {
    let_go.push_back(backend.identity().address.to_string());
  }
  void on_name_looked_up(bool found) noexcept override { ++(found ? names_found : names_lost); }
  int changes = 0;
  int names_found = 0;
  int names_lost = 0;
  balance::BackendSets last;
  std::vector<std::pair<std::string, bool>> moved;
  std::vector<std::string> let_go;
};

std::shared_ptr<const config::Config> load(const std::string& pools) {
  auto loaded = config::load_text(pools + "\n[[route]]\npool = \"chat\"\n", "test.toml");
  if (!loaded) FAIL(config::to_text(loaded.error().front()));
  return std::make_shared<const config::Config>(std::move(*loaded));
}

struct Found {
  explicit Found(const std::string& pools, uv::Resolver::LookUp look_up = uv::Resolver::ask_system)
      : log({.fd = null.get()}),
        discovery(loop, load(pools), registry, log, events, std::move(look_up)) {}

  uv::OwnedFd null{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  uv::Loop loop;
  balance::Registry registry;
  log::Logger log;
  SeenChanges events;
  Discovery discovery;
};

// What every name says now: an address, or nothing.
class Names {
 public:
  explicit Names(const std::string& ip) { say(ip); }
  void say(const std::string& ip) const {
    const std::lock_guard lock(said_->mutex);
    said_->ip = ip;
  }
  [[nodiscard]] uv::Resolver::LookUp look_up() const {
    return [said = said_](const std::string& /*host*/, std::uint16_t port) -> uv::Resolver::Found {
      const std::lock_guard lock(said->mutex);
      ++said->times;
      const auto address = SocketAddress::from_ip(said->ip, port);
      if (!address) return {.addresses = {}, .error = "nobody knows"};
      return {.addresses = {*address}};
    };
  }
  [[nodiscard]] int times_asked() const {
    const std::lock_guard lock(said_->mutex);
    return said_->times;
  }

 private:
  struct Said {
    std::mutex mutex;
    std::string ip;
    int times = 0;
  };
  std::shared_ptr<Said> said_ = std::make_shared<Said>();
};

}  // namespace

TEST_CASE("addresses need no answer") {
  Found f(
      "[[pool]]\nname = \"chat\"\nbalance = \"round_robin\"\n"
      "backends = [\"127.0.0.1:3001\", \"[::1]:3002\", \"unix:/run/chat.sock\"]\n");
  CHECK(f.discovery.complete());
  const auto sets = f.discovery.sets();
  REQUIRE(sets.size() == 1);
  CHECK(sets[0]->balance == config::Balance::round_robin);
  REQUIRE(sets[0]->backends.size() == 3);
  CHECK(sets[0]->backends[0]->identity().address.to_string() == "127.0.0.1:3001");
  CHECK(sets[0]->backends[1]->identity().address.to_string() == "[::1]:3002");
  CHECK(sets[0]->backends[2]->identity().address.to_string() == "unix:/run/chat.sock");
  CHECK(sets[0]->backends[0]->identity().pool_name == "chat");
  f.discovery.start();
  CHECK(f.events.changes == 0);
}

TEST_CASE("a backend has the weight and limit of its config") {
  Found f(
      "[[pool]]\nname = \"chat\"\n[[pool.backend]]\nname = \"one\"\n"
      "address = \"127.0.0.1:3001\"\nweight = 7\nmax_sessions = 9\n");
  const auto& identity = f.discovery.sets()[0]->backends.at(0)->identity();
  CHECK(identity.name == "one");
  CHECK(identity.weight == 7);
  CHECK(identity.max_sessions == 9);
}

TEST_CASE("an agent under its backend's name is asked at each of the addresses") {
  Found f(
      "[[pool]]\nname = \"chat\"\n[[pool.backend]]\naddress = \"localhost:3001\"\n"
      "agent = \"localhost:3002\"\n[[pool.backend]]\naddress = \"127.0.0.1:3003\"\n"
      "agent = \"localhost:3004\"\n");
  f.discovery.start();
  CHECK(run_until(f.loop, [&] { return f.discovery.complete(); }));
  const auto set = f.discovery.sets()[0];
  for (const auto& [backend, agent] : set->agents) {
    const bool beside = backend->identity().address.port() == 3001;
    CHECK(agent.host == (beside ? backend->identity().address.ip() : "localhost"));
    CHECK(agent.port == (beside ? 3002 : 3004));
  }
  CHECK(set->agents.size() == set->backends.size());
}

TEST_CASE("a name becomes all its addresses") {
  Found f("[[pool]]\nname = \"chat\"\nbackends = [\"localhost:3001\"]\n");
  CHECK_FALSE(f.discovery.complete());
  CHECK(f.discovery.sets()[0]->backends.empty());
  f.discovery.start();
  CHECK(run_until(f.loop, [&] { return f.discovery.complete(); }));
  CHECK(f.events.changes == 1);
  const auto sets = f.discovery.sets();
  REQUIRE_FALSE(sets[0]->backends.empty());
  const bool alone = sets[0]->backends.size() == 1;
  for (const balance::Backend* backend : sets[0]->backends) {
    const std::string address = backend->identity().address.to_string();
    CHECK((address == "127.0.0.1:3001" || address == "[::1]:3001"));
    CHECK(backend->identity().name == (alone ? "localhost:3001" : "localhost:3001@" + address));
  }
  CHECK(f.events.last[0]->backends == sets[0]->backends);
}

TEST_CASE("the name of a backend that is found down is asked again soon, not half a minute later") {
  const Names names("127.0.0.1");
  Found f("[[pool]]\nname = \"chat\"\nbackends = [\"app:3001\"]\n", names.look_up());
  f.discovery.start();
  CHECK(run_until(f.loop, [&] { return f.discovery.complete(); }));
  balance::Backend* const before = f.discovery.sets()[0]->backends.at(0);
  before->health().connect_failed(f.loop.now());
  names.say("127.0.0.2");
  CHECK(run_until(f.loop, [&] { return f.events.changes == 2; }));
  const auto sets = f.discovery.sets();
  REQUIRE(sets[0]->backends.size() == 1);
  CHECK(sets[0]->backends[0]->identity().address.to_string() == "127.0.0.2:3001");
}

TEST_CASE("a name that was not answered is asked again soon, though its backend is up") {
  const Names names("127.0.0.1");
  Found f("[[pool]]\nname = \"chat\"\nbackends = [\"app:3001\"]\n", names.look_up());
  f.discovery.start();
  CHECK(run_until(f.loop, [&] { return f.discovery.complete(); }));
  balance::Backend* const backend = f.discovery.sets()[0]->backends.at(0);
  // Down until the look-up that fails.
  backend->health().connect_failed(f.loop.now());
  names.say("");
  CHECK(run_until(f.loop, [&] { return names.times_asked() == 2; }));
  backend->health().answered(f.loop.now());
  CHECK(backend->health().up());
  CHECK(f.discovery.sets()[0]->backends.at(0) == backend);
  CHECK(run_until(f.loop, [&] { return f.events.names_lost == 1; }));
  CHECK(f.events.names_found == 1);
  CHECK(run_until(f.loop, [&] { return names.times_asked() == 3; }));
}

TEST_CASE("a name without an address leaves the others alone, and is answered") {
  Found f(
      "[[pool]]\nname = \"chat\"\n"
      "backends = [\"no-such-name.invalid:3001\", \"127.0.0.1:3002\"]\n");
  f.discovery.start();
  CHECK(run_until(f.loop, [&] { return f.discovery.complete(); }));
  const auto set = f.discovery.sets()[0];
  CHECK(set->backends.size() == 1);
  REQUIRE(set->unresolved.size() == 1);
  CHECK(set->unresolved[0].address == "no-such-name.invalid:3001");
  CHECK_FALSE(set->unresolved[0].why.empty());
  CHECK(f.events.changes == 1);
}

TEST_CASE("discovery may die with an answer under way") {
  uv::OwnedFd null{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  uv::Loop loop;
  balance::Registry registry;
  log::Logger log({.fd = null.get()});
  SeenChanges events;
  {
    Discovery discovery(loop, load("[[pool]]\nname = \"chat\"\nbackends = [\"localhost:1\"]\n"),
                        registry, log, events);
    discovery.start();
  }
  loop.run();
  CHECK(events.changes == 0);
}

TEST_CASE("another config is followed, and who stays is the same backend") {
  Found f("[[pool]]\nname = \"chat\"\nbackends = [\"127.0.0.1:3001\", \"127.0.0.1:3002\"]\n");
  const auto before = f.discovery.sets();
  f.discovery.set_config(
      load("[[pool]]\nname = \"chat\"\nbackends = [\"127.0.0.1:3003\"]\n"
           "[[pool.backend]]\naddress = \"127.0.0.1:3001\"\nweight = 5\n"));
  const auto after = f.discovery.sets();
  REQUIRE(after[0]->backends.size() == 2);
  balance::Backend* const stayed = before[0]->backends[0];
  CHECK(std::ranges::find(after[0]->backends, stayed) != after[0]->backends.end());
  CHECK(stayed->weight() == 5);
  CHECK(std::ranges::find(after[0]->backends, before[0]->backends[1]) == after[0]->backends.end());
  CHECK(f.events.changes == 0);
  CHECK(f.discovery.complete());
}

TEST_CASE(
    "a reload that renames a pool or a backend, or changes its port, leaves nobody without "
    "addresses") {
  const Names names("127.0.0.9");
  Found f("[[pool]]\nname = \"chat\"\nbackends = [\"app:3001\"]\n", names.look_up());
  f.discovery.start();
  CHECK(run_until(f.loop, [&] { return f.discovery.complete(); }));
  const std::string renamed = "[[pool]]\nname = \"chat\"\n[[pool.backend]]\nname = \"one\"\n";
  for (const std::string& pools :
       {renamed + "address = \"app:3001\"\n", renamed + "address = \"app:3009\"\n",
        "[[pool]]\nname = \"old\"\nbackends = [\"127.0.0.1:1\"]\n" + renamed +
            "address = \"app:3001\"\n[[route]]\npath = \"/old/\"\npool = \"old\"\n"}) {
    CAPTURE(pools);
    f.discovery.set_config(load(pools));
    const auto sets = f.discovery.sets();
    REQUIRE(sets.back()->backends.size() == 1);
    CHECK(sets.back()->backends[0]->identity().address.ip() == "127.0.0.9");
    CHECK(sets.back()->backends[0]->identity().name == "one");
    CHECK_FALSE(f.discovery.complete());
    CHECK(run_until(f.loop, [&] { return f.discovery.complete(); }));
  }
  // What has moved meanwhile is found when it has been asked for.
  names.say("127.0.0.10");
  f.discovery.set_config(load("[[pool]]\nname = \"chat\"\nbackends = [\"app:3005\"]\n"));
  CHECK(f.discovery.sets()[0]->backends.at(0)->identity().address.to_string() == "127.0.0.9:3005");
  CHECK(run_until(f.loop, [&] { return f.discovery.complete(); }));
  CHECK(f.discovery.sets()[0]->backends.at(0)->identity().address.to_string() == "127.0.0.10:3005");
}

TEST_CASE("a name that is taken away while it is asked for is forgotten") {
  Found f("[[pool]]\nname = \"chat\"\nbackends = [\"localhost:3001\"]\n");
  f.discovery.start();
  CHECK_FALSE(f.discovery.complete());
  f.discovery.set_config(
      load("[[pool]]\nname = \"chat\"\nbackends = [\"localhost:3002\", \"127.0.0.1:3003\"]\n"));
  CHECK(run_until(f.loop, [&] { return f.discovery.complete(); }));
  const auto sets = f.discovery.sets();
  REQUIRE_FALSE(sets[0]->backends.empty());
  for (const balance::Backend* const backend : sets[0]->backends) {
    CHECK(backend->identity().address.port() != 3001);
  }
}

TEST_CASE("a pool that has another name keeps its backends until that has an address") {
  const auto chat = [](const std::string& backend) {
    return "[[pool]]\nname = \"chat\"\nbackends = [\"" + backend + "\"]\n";
  };
  const Names names("");
  Found w(chat("127.0.0.1:1"), names.look_up());
  const auto addresses = [&] {
    std::vector<std::string> all;
    const auto sets = w.discovery.sets();
    for (const auto* const one : sets[0]->backends) {
      all.push_back(one->identity().address.to_string());
    }
    return all;
  };
  using Texts = std::vector<std::string>;
  w.discovery.set_config(load(chat("green.example:2")));
  CHECK(addresses() == Texts{"127.0.0.1:1"});
  CHECK(w.discovery.sets()[0]->unresolved.size() == 1);
  CHECK(run_until(w.loop, [&] { return w.events.names_lost > 0; }));
  w.discovery.set_config(load(chat("blue.example:2")));
  CHECK(addresses() == Texts{"127.0.0.1:1"});
  CHECK(w.events.let_go.empty());
  names.say("127.0.0.9");
  CHECK(run_until(w.loop, [&] { return addresses() == Texts{"127.0.0.9:2"}; }));
  CHECK(w.events.let_go == Texts{"127.0.0.1:1"});
  CHECK(w.discovery.sets()[0]->unresolved.empty());
}

TEST_CASE("an order to drain goes with a name to its next address") {
  const Names names("127.0.0.1");
  Found w("[[pool]]\nname = \"chat\"\nbackends = [\"app.example:1\"]\n", names.look_up());
  w.discovery.start();
  const auto at = [&](const std::string& ip) {
    return run_until(w.loop, [&] {
      const auto sets = w.discovery.sets();
      return sets[0]->backends.size() == 1 &&
             sets[0]->backends[0]->identity().address.to_string() == ip + ":1";
    });
  };
  CHECK(at("127.0.0.1"));
  CHECK(w.events.moved.empty());
  balance::Backend& first = *w.discovery.sets()[0]->backends[0];
  (void)first.set_draining(true);
  first.health().connect_failed(monotonic_now());
  names.say("127.0.0.2");
  CHECK(at("127.0.0.2"));
  REQUIRE(w.events.moved.size() == 1);
  CHECK(w.events.moved[0] == std::pair(std::string("127.0.0.2:1"), true));
  // This one drains no more, and so the former one does not when the name leads back to it.
  w.discovery.sets()[0]->backends[0]->health().connect_failed(monotonic_now());
  names.say("127.0.0.1");
  CHECK(at("127.0.0.1"));
  CHECK(w.events.moved.back() == std::pair(std::string("127.0.0.1:1"), false));
}

TEST_CASE("one that comes beside those that drain does not") {
  std::atomic<int> known = 2;
  const auto look_up = [&known](const std::string& /*host*/, std::uint16_t port) {
    uv::Resolver::Found found;
    for (int i = 1; i <= known; ++i) {
      found.addresses.push_back(*SocketAddress::from_ip("127.0.0." + std::to_string(i), port));
    }
    return found;
  };
  Found w("[[pool]]\nname = \"chat\"\nbackends = [\"app.example:1\"]\n", look_up);
  w.discovery.start();
  const auto become = [&](int number) {
    known = number;
    return run_until(w.loop, [&] {
      const auto sets = w.discovery.sets();
      if (sets[0]->backends.size() == static_cast<std::size_t>(number)) return true;
      for (balance::Backend* const one : sets[0]->backends) {
        one->health().connect_failed(monotonic_now());
      }
      return false;
    });
  };
  CHECK(become(2));
  const auto sets = w.discovery.sets();
  for (balance::Backend* const one : sets[0]->backends) (void)one->set_draining(true);
  CHECK(become(3));
  CHECK(become(1));
  CHECK(w.events.moved.empty());
}

}  // namespace pinion::health
