#include "health/agent_check.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>
#include <vector>

#include "health/agent_checks.h"
#include "uv/listen_socket.h"
#include "uv/run_until.h"

namespace pinion::health {
namespace {

using namespace std::chrono_literals;
using balance::AdminState;
using balance::ProbeResult;
using uv::test::run_until;

/// Says its line to each who connects; hangs up after it, or keeps the connection and says no more.
class Agent {
 public:
  explicit Agent(std::string line, bool hangs_up = true)
      : line_(std::move(line)), hangs_up_(hangs_up) {
    auto bound = uv::bind_sockets(*SocketAddress::from_ip("127.0.0.1", 0), 1);
    REQUIRE(bound);
    address_ = bound->address;
    listener_ = std::move(bound->sockets[0]);
    REQUIRE(::listen(listener_.get(), 16) == 0);
    thread_ = std::thread([this] { run(); });
  }
  ~Agent() {
    ends_ = true;
    thread_.join();
  }
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  [[nodiscard]] config::Address address(const std::string& host = "127.0.0.1") const {
    using Kind = config::Address::Kind;
    return {.kind = host == "127.0.0.1" ? Kind::ipv4 : Kind::name,
            .host = host,
            .port = address_.port(),
            .text = host};
  }

 private:
  void run() {
    constexpr int kTickMs = 5;
    std::vector<uv::OwnedFd> kept;
    while (!ends_) {
      pollfd polled{.fd = listener_.get(), .events = POLLIN, .revents = 0};
      if (::poll(&polled, 1, kTickMs) <= 0) continue;
      uv::OwnedFd client(::accept(listener_.get(), nullptr, nullptr));
      if (client.get() < 0) continue;
      (void)::send(client.get(), line_.data(), line_.size(), MSG_NOSIGNAL);
      if (!hangs_up_) kept.push_back(std::move(client));
    }
  }

  std::string line_;
  bool hangs_up_;
  SocketAddress address_{*SocketAddress::from_ip("127.0.0.1", 0)};
  uv::OwnedFd listener_;
  std::atomic<bool> ends_{false};
  std::thread thread_;
};

struct Checked final : AgentEvents {
  explicit Checked(const config::Address& address, Duration timeout = 20s)
      : check(loop, *this, backend, {.address = address, .interval = 5ms, .timeout = timeout}) {}

  void on_agent_line(balance::Backend& /*backend*/,
                     const balance::AgentLine& line) noexcept override {
    lines.push_back(line);
  }
  void on_agent_word_unknown(balance::Backend& /*backend*/,
                             std::string_view word) noexcept override {
    unknown.emplace_back(word);
  }
  void on_agent_dropped(balance::Backend& /*backend*/) noexcept override {}
  void on_agent_lost(balance::Backend& /*backend*/, const std::string& why) noexcept override {
    lost.push_back(why);
  }
  template <typename Condition>
  bool until(Condition condition) {
    return run_until(loop, condition);
  }
  [[nodiscard]] std::uint64_t count(ProbeResult result) const {
    return backend.agent_counts().by_result[static_cast<std::size_t>(result)].value();
  }

  uv::Loop loop;
  balance::Backend backend{balance::BackendIdentity{.name = "b"}};
  std::vector<balance::AgentLine> lines;
  std::vector<std::string> unknown, lost;
  AgentCheck check;
};

// A pool of one backend whose agents are looked after.
struct LookedAfter final : AgentEvents {
  void watch(const config::Address& agent, Duration interval = 5ms) {
    config.pools.resize(1);
    config.pools[0].health.interval = interval;
    config.pools[0].health.timeout = 20s;
    auto set = std::make_shared<balance::BackendSet>();
    set->agents.emplace_back(&backend, agent);
    checks.watch({set}, config);
  }
  void on_agent_line(balance::Backend& of, const balance::AgentLine& line) noexcept override {
    (void)of.agent().take(line);
  }
  void on_agent_word_unknown(balance::Backend& /*backend*/,
                             std::string_view /*word*/) noexcept override {}
  void on_agent_lost(balance::Backend& /*backend*/, const std::string& /*why*/) noexcept override {}
  void on_agent_dropped(balance::Backend& /*backend*/) noexcept override {}

  uv::Loop loop;
  config::Config config;
  balance::Backend backend{balance::BackendIdentity{.name = "b"}};
  AgentChecks checks{loop, *this};
};

}  // namespace

TEST_CASE("an agent is asked again and again") {
  const Agent agent("drain 50%\n");
  Checked checked(agent.address());
  CHECK(checked.until([&] { return checked.lines.size() >= 3; }));
  CHECK(checked.lines.front().admin == AdminState::drain);
  CHECK(checked.lines.front().percent == 50U);
  CHECK(checked.count(ProbeResult::ok) >= 3);
  CHECK(checked.lost.empty());
}

TEST_CASE("a line ends with the connection, or without it") {
  const Agent ends_without_newline("maint");
  Checked a(ends_without_newline.address());
  CHECK(a.until([&] { return !a.lines.empty(); }));
  const Agent stays_connected("up\nmore", false);
  Checked b(stays_connected.address());
  CHECK(b.until([&] { return b.lines.size() >= 2; }));
}

TEST_CASE("a line may also end with a carriage return") {
  const Agent stays_connected("drain\rmore", false);
  Checked checked(stays_connected.address());
  CHECK(checked.until([&] { return !checked.lines.empty(); }));
  CHECK(checked.count(ProbeResult::ok) >= 1);
}

TEST_CASE("what is for people may be longer than a line, in as many parts as it comes") {
  const std::string much(40 * AgentCheck::kLongestLine, 'x');
  const Agent agent("maint # 100% " + much + "#" + much + "\n", false);
  Checked checked(agent.address());
  CHECK(checked.until([&] { return !checked.lines.empty(); }));
  CHECK(checked.lines.front().admin == AdminState::maintenance);
  CHECK_FALSE(checked.lines.front().percent);
  CHECK(checked.count(ProbeResult::bad_answer) == 0);
}

TEST_CASE("a word that is not known is told of once, and the rest of its line holds") {
  const Agent agent("hello drain world\n");
  Checked checked(agent.address());
  CHECK(checked.until([&] { return checked.lines.size() >= 3; }));
  CHECK(checked.lines.front().admin == AdminState::drain);
  CHECK(checked.unknown == std::vector<std::string>{"hello"});
  CHECK(checked.count(ProbeResult::bad_answer) >= 3);
  CHECK(checked.lost.empty());
}

TEST_CASE("an agent may be told by name") {
  const Agent agent("ready\n");
  Checked checked(agent.address("localhost"));
  CHECK(checked.until([&] { return !checked.lines.empty(); }));
}

TEST_CASE("an agent that fails is told of once, with what is wrong") {
  const auto fails = [](Checked& checked, ProbeResult how) {
    CHECK(checked.until([&] { return checked.count(how) >= 3; }));
    CHECK(checked.lines.empty());
    REQUIRE(checked.lost.size() == 1);
    return checked.lost.front();
  };
  SUBCASE("it says something else") {
    const Agent agent("HTTP/1.1 400 Bad Request\r\n");
    Checked checked(agent.address());
    CHECK(fails(checked, ProbeResult::bad_answer).find("maxconn:30") != std::string::npos);
  }
  SUBCASE("it says too much") {
    const Agent agent(std::string(2 * AgentCheck::kLongestLine, 'x'), false);
    Checked checked(agent.address());
    fails(checked, ProbeResult::bad_answer);
  }
  SUBCASE("it hangs up") {
    const Agent agent("");
    Checked checked(agent.address());
    fails(checked, ProbeResult::closed);
  }
  SUBCASE("it says nothing") {
    const Agent agent("", false);
    Checked checked(agent.address(), 10ms);
    fails(checked, ProbeResult::timeout);
  }
  SUBCASE("nobody is there") {
    Checked checked(
        {.kind = config::Address::Kind::ipv4, .host = "127.0.0.1", .port = 1, .text = ""});
    fails(checked, ProbeResult::connect);
  }
  SUBCASE("its name is unknown") {
    Checked checked(
        {.kind = config::Address::Kind::name, .host = "agent.invalid", .port = 1, .text = ""});
    fails(checked, ProbeResult::connect);
  }
}

TEST_CASE(
    "what an agent said is forgotten once another is asked, not when it is asked more often") {
  const Agent before("drain maxconn:3\n");
  const Agent after("70%\n");
  LookedAfter pool;
  pool.watch(before.address());
  CHECK(run_until(pool.loop, [&] { return pool.backend.draining(); }));
  pool.watch(before.address(), 2ms);
  CHECK(pool.backend.draining());
  CHECK(pool.backend.agent().max_sessions() == 3);
  pool.watch(after.address());
  CHECK_FALSE(pool.backend.draining());
  CHECK(pool.backend.agent().max_sessions() == 0);
  CHECK(run_until(pool.loop, [&] { return pool.backend.agent().percent() == 70; }));
  CHECK_FALSE(pool.backend.draining());
}

}  // namespace pinion::health
