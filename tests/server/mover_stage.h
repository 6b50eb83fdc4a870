// A mover with backends, and sessions on them, whose clients come back when they are told to.
//
// Threads: one, but for the log, which is read when all is over.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log/capture.h"
#include "mover.h"
#include "proxy/books.h"

namespace pinion::test {

using namespace std::chrono_literals;

class MoverStage final : public SessionCloser {
 public:
  explicit MoverStage(std::size_t backends) : books(backends) {}

  /// The pool of these, by their numbers.
  [[nodiscard]] std::shared_ptr<const balance::BackendSet> pool(
      std::initializer_list<std::size_t> of) const {
    auto set = std::make_shared<balance::BackendSet>();
    for (const std::size_t number : of) set->add(backend(number));
    return set;
  }
  [[nodiscard]] balance::Backend& backend(std::size_t number) const {
    return *books.backends[number];
  }
  [[nodiscard]] std::size_t live(std::size_t number) const {
    return backend(number).assigned().live;
  }
  /// Sessions by polling that have been idle for half an hour, the first for the longest.
  void open_idle(std::size_t number, int count) {
    for (int i = 0; i < count; ++i) {
      books.open("idle" + std::to_string(opened_++), number, false, kStart - 30min + i * 1ms);
    }
  }
  /// Ticks as the control plane does, until then.
  void run_until(TimePoint end) {
    for (; now < end; now += 250ms) mover->tick(now);
  }
  /// One client for each that was closed since, on that backend.
  void come_back(std::size_t number) {
    for (; returned_ < closed.size(); ++returned_) {
      books.open("back" + std::to_string(opened_++), number, false, now);
    }
  }
  /// How often an event is in the log that has this in its line. Nothing is moved any more.
  [[nodiscard]] std::ptrdiff_t count_in_log(std::string_view words) {
    mover.reset();
    log.reset();
    const auto lines = capture.lines();
    return std::ranges::count_if(
        lines, [words](const std::string& line) { return line.find(words) != std::string::npos; });
  }

  // As the workers do it: a tunnel takes its time.
  void close_sessions(std::span<const session::Session> sessions,
                      metrics::CloseReason reason) override {
    for (const session::Session& session : sessions) {
      closed.push_back(session.sid);
      CHECK(reason == metrics::CloseReason::moved);
      if (!session.has_tunnel) {
        books.ledger.close({session.pool, session.sid}, session.serial, reason);
      }
    }
  }

  proxy::test::Books books;
  TimePoint now = kStart;
  std::vector<std::string> closed;  // sids, in the order of closing
  log::Capture capture;
  std::optional<log::Logger> log{std::in_place, log::Options{.fd = capture.fd()}};
  std::optional<Mover> mover{std::in_place, books.ledger, *log, *this};

 private:
  int opened_ = 0;
  std::size_t returned_ = 0;
};

}  // namespace pinion::test
