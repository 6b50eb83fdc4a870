#include "loadgen/run.h"

#include <algorithm>
#include <csignal>
#include <memory>
#include <utility>
#include <vector>

#include "base/timer_wheel.h"
#include "loadgen/contact.h"
#include "loadgen/session.h"
#include "uv/signal.h"
#include "uv/timer.h"

namespace pinion::loadgen {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Messages leave at most so long after their time, as long as the machine has time for it.
constexpr Duration kTick = milliseconds{1};
constexpr std::size_t kSlots = 8192;
constexpr std::size_t kFreeChunks = 256;
/// Sessions that begin or leave in one tick at most, so that those that are there are not kept
/// waiting.
constexpr std::size_t kAtOnce = 64;
/// Descriptors that are no connections: loop, timers, standard streams.
constexpr std::size_t kOtherDescriptors = 64;
/// A 4xx that says "later", not "never".
constexpr int kTooManyRequests = 429;

class Run final : private uv::Timer::Handler,
                  private uv::Signal::Handler,
                  private Contact::Owner,
                  private Session::Owner {
 public:
  Run(const Options& options, Watcher& watcher)
      : options_(options),
        watcher_(watcher),
        random_(options.seed),
        wheel_(kTick, kSlots, uv::Loop::precise_now()),
        common_(options, wire_, wheel_),
        contact_(loop_, chunks_, *this),
        timer_(loop_, *this),
        interrupt_(loop_, SIGINT, *this),
        terminate_(loop_, SIGTERM, *this) {}

  Outcome run() {
    contact_.find(options_.host, options_.port);
    next_second_ = uv::Loop::precise_now() + seconds{1};
    timer_.start(kTick, kTick);
    loop_.run();
    return std::move(outcome_);
  }

 private:
  void on_contact(const SocketAddress& address) noexcept override {
    if (phase_ != Phase::seeking) return;
    wire_.address = address;
    phase_ = Phase::first;
    began_ = uv::Loop::precise_now();
    start_session();
  }

  void on_no_contact(std::string_view why) noexcept override {
    if (phase_ == Phase::seeking) give_up(Outcome::Kind::no_answer, std::string(why));
  }

  void on_session_open() noexcept override { first_has_answered(); }

  void on_session_end(const EngineEnd& end) noexcept override {
    if (phase_ != Phase::first) return;
    if (end.kind == EngineEnd::Kind::unreachable) {
      return give_up(Outcome::Kind::no_answer, end.why);
    }
    const bool later = end.status >= 500 || end.status == kTooManyRequests;
    if (!later) return give_up(Outcome::Kind::no_session, end.why);
    first_has_answered();
  }

  void first_has_answered() {
    if (phase_ != Phase::first) return;
    phase_ = Phase::arriving;
    arrivals_began_ = uv::Loop::precise_now();
  }

  void on_signal(int /*number*/) noexcept override {
    outcome_.kind = Outcome::Kind::interrupted;
    if (phase_ < Phase::first) return finish();
    if (std::exchange(interrupted_, true)) return break_off();
    if (phase_ < Phase::settling) settle(uv::Loop::precise_now());
  }

  void on_tick() noexcept override {
    const TimePoint now = uv::Loop::precise_now();
    wheel_.advance(now);
    move_on(now);
    if (phase_ != Phase::over && now >= next_second_) tell(now);
  }

  void move_on(TimePoint now) {
    switch (phase_) {
      case Phase::seeking:
      case Phase::first:
      case Phase::over:
        return;
      case Phase::arriving:
        return arrive(now);
      case Phase::steady:
        if (now >= steady_since_ + options_.duration || all_over()) settle(now);
        return;
      case Phase::settling:
        if (now >= settled_by_ || !any_waits()) leave();
        return;
      case Phase::leaving:
        return let_go();
    }
  }

  [[nodiscard]] bool any_waits() const {
    return std::ranges::any_of(sessions_, [](const auto& session) { return session->waits(); });
  }

  void arrive(TimePoint now) {
    const double due = to_seconds(now - arrivals_began_) * options_.arrivals;
    for (std::size_t i = 0; i < kAtOnce && sessions_.size() < options_.sessions; ++i) {
      if (static_cast<double>(sessions_.size()) > due) return;
      start_session();
    }
    if (sessions_.size() < options_.sessions) return;
    if (std::ranges::any_of(sessions_, [](const auto& one) { return one->coming(); })) return;
    phase_ = Phase::steady;
    steady_since_ = now;
  }

  void start_session() {
    sessions_.push_back(std::make_unique<Session>(common_, static_cast<Session::Owner&>(*this)));
    sessions_.back()->start();
  }

  void note_elapsed(TimePoint now) {
    outcome_.elapsed = now - began_;
    outcome_.in_time = {
        .heard = measured_.heard, .bytes_out = measured_.bytes_out, .bytes_in = measured_.bytes_in};
  }

  void settle(TimePoint now) {
    phase_ = Phase::settling;
    settled_by_ = now + options_.grace;
    note_elapsed(now);
    common_.sending = false;
  }

  void leave() {
    phase_ = Phase::leaving;
    common_.ending = true;
    for (const auto& session : sessions_) {
      measured_.missing += session->present() ? 0 : 1;
      measured_.stayed += session->stayed_with_polling() ? 1 : 0;
    }
  }

  // Nobody waits any more: what is still open is lost.
  void break_off() {
    if (phase_ < Phase::leaving) leave();
    for (; left_ < sessions_.size(); ++left_) sessions_[left_]->give_up();
    finish();
  }

  void let_go() {
    const std::size_t end = std::min(left_ + kAtOnce, sessions_.size());
    for (; left_ < end; ++left_) sessions_[left_]->leave();
    if (left_ == sessions_.size() && all_over()) finish();
  }

  [[nodiscard]] bool all_over() const {
    return std::ranges::all_of(sessions_, [](const auto& session) { return session->over(); });
  }

  void give_up(Outcome::Kind kind, std::string why) {
    outcome_.kind = kind;
    outcome_.why = std::move(why);
    finish();
  }

  void finish() {
    if (phase_ < Phase::settling && began_ != TimePoint{}) {
      note_elapsed(uv::Loop::precise_now());
    }
    phase_ = Phase::over;
    timer_.stop();
    outcome_.total = measured_;
    loop_.stop();
  }

  void tell(TimePoint now) {
    next_second_ = std::max(next_second_, now - seconds{1}) + seconds{1};
    if (phase_ == Phase::seeking || phase_ == Phase::leaving) return;
    watcher_.on_second(
        {.phase = phase_, .elapsed = now - began_, .total = measured_, .lately = common_.lately});
    common_.lately.clear();
  }

  const Options& options_;
  Watcher& watcher_;
  Measurements measured_;
  Random random_;
  BufferBudget budget_{0};
  ChunkPool chunks_{budget_, kFreeChunks};
  uv::Loop loop_;
  Wire wire_{loop_, chunks_, measured_, random_, {}};
  TimerWheel wheel_;
  Common common_;
  Contact contact_;
  std::vector<std::unique_ptr<Session>> sessions_;
  uv::Timer timer_;
  uv::Signal interrupt_, terminate_;
  Phase phase_ = Phase::seeking;
  bool interrupted_ = false;
  std::size_t left_ = 0;  // sessions that have been told to leave
  TimePoint began_{}, arrivals_began_{}, steady_since_{}, settled_by_{}, next_second_{};
  Outcome outcome_;
};

}  // namespace

std::size_t descriptors_of(const Options& options) noexcept {
  return options.sessions * connections_of(options.transport) + kOtherDescriptors;
}

Outcome run(const Options& options, Watcher& watcher) {
  // On the heap, for it holds the histograms.
  return std::make_unique<Run>(options, watcher)->run();
}

}  // namespace pinion::loadgen
