// Asks the agent of one backend: connects, reads one line, hangs up; again and again.
//
// Threads: the main thread's loop.
// Lifetime: the loop, the backend and the events outlive it.
// Invariants: one connection at a time; a line is kept up to the "#", and that is at most
//   kLongestLine.
#pragma once

#include <string>

#include "balance/agent_line.h"
#include "balance/backend.h"
#include "config/config.h"
#include "uv/resolver.h"
#include "uv/timed_socket.h"
#include "uv/timer.h"

namespace pinion::health {

class AgentEvents {
 public:
  virtual void on_agent_line(balance::Backend& backend,
                             const balance::AgentLine& line) noexcept = 0;
  /// Beside what on_agent_line() told. The first time after a line of known words, and not again
  /// until there was one. @param word its first word that is not known, any bytes
  virtual void on_agent_word_unknown(balance::Backend& backend, std::string_view word) noexcept = 0;
  /// The first time after a line, and not again until there was one. @param why for people
  virtual void on_agent_lost(balance::Backend& backend, const std::string& why) noexcept = 0;
  /// It is asked no more, and what it wanted is about to be forgotten: the config has none now, or
  /// another one.
  virtual void on_agent_dropped(balance::Backend& backend) noexcept = 0;

 protected:
  ~AgentEvents() = default;
};

struct AgentPlan {
  config::Address address;
  Duration interval{}, timeout{};

  bool operator==(const AgentPlan&) const = default;
};

class AgentCheck final : private uv::Timer::Handler, private uv::TimedSocket::Events {
 public:
  static constexpr std::size_t kLongestLine = 1024;

  /// Asks at once.
  AgentCheck(uv::Loop& loop, AgentEvents& events, balance::Backend& backend, AgentPlan plan);

  [[nodiscard]] balance::Backend& backend() const noexcept { return backend_; }
  [[nodiscard]] const AgentPlan& plan() const noexcept { return plan_; }

 private:
  using Result = balance::ProbeResult;

  void on_tick() noexcept override;
  void on_connected(int status) noexcept override;
  void on_bytes(std::string_view bytes, uv::TimedSocket::Arrival arrival) noexcept override;
  void on_end(int status) noexcept override;
  uv::Timer::Handler& as_ticker() noexcept { return *this; }
  uv::TimedSocket::Events& as_events() noexcept { return *this; }

  void begin();
  void connect(const SocketAddress& to);
  void add(std::string_view part);
  void take(std::string_view line);
  void fail(Result result, const std::string& why);
  void rest(Result result);

  AgentEvents& events_;
  balance::Backend& backend_;
  AgentPlan plan_;
  uv::Resolver resolver_;
  uv::TimedSocket socket_;
  uv::Timer timer_;
  bool asking_ = false;
  bool resolving_ = false;  // the answer is for whichever check is under way then
  bool lost_ = false;       // and said so
  bool puzzles_ = false;    // by a word that is not known, and said so
  std::size_t misses_ = 0;  // so that each address of a name has its turn
  std::string line_;
};

}  // namespace pinion::health
