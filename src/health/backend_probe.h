// The probes of one backend: a connection that is kept open, one request at a time, and what is
// learnt from the answers.
//
// A probe at one of the schedule's random times on an open connection is a sample of the wait; one
// that opens a WebSocket needs a new connection each time, and is a sample from its request on.
// Those that would have gone out while one was waiting are samples too: they would have waited for
// the rest of that time. Probes that had to connect, or go out for a reason (the backend is down,
// or looks odd), tell only whether it lives.
//
// All kinds share one socket that has the kernel's receive times, and the parsers of the data path.
// A WebSocket by libwebsockets, as the admin endpoint's, would keep those times to itself: what it
// could tell of the wait would contain the delays of its own thread, which hide short ones.
//
// Threads: the main thread's loop.
// Lifetime: the backend, the plan's owner and the events outlive it.
// Invariants: at most one request is out; an answer is read up to kMostBytes.
#pragma once

#include <optional>
#include <random>
#include <string>

#include "balance/backend.h"
#include "balance/probe_window.h"
#include "health/probe_outcome.h"
#include "health/probe_schedule.h"
#include "http/body_reader.h"
#include "http/head_parser.h"
#include "uv/timed_socket.h"

namespace pinion::health {

class ProbeEvents {
 public:
  virtual void on_probe(balance::Backend& backend, const ProbeOutcome& outcome) noexcept = 0;

 protected:
  ~ProbeEvents() = default;
};

class BackendProbe final : private uv::TimedSocket::Events {
 public:
  static constexpr std::size_t kMostBytes = std::size_t{64} * 1024;

  /// Who wakes it.
  class Agenda {
   public:
    /// Its wake_at() is another.
    virtual void on_new_time(BackendProbe& probe) noexcept = 0;

   protected:
    ~Agenda() = default;
  };
  BackendProbe(uv::Loop& loop, Agenda& agenda, ProbeEvents& events, balance::Backend& backend,
               ProbePlan plan);
  ~BackendProbe() { backend_.set_probe_out({}); }
  BackendProbe(const BackendProbe&) = delete;
  BackendProbe& operator=(const BackendProbe&) = delete;

  [[nodiscard]] balance::Backend& backend() const noexcept { return backend_; }
  [[nodiscard]] const ProbePlan& plan() const noexcept { return plan_; }
  /// Goes on by another plan, which measures as the one before does: what has been measured stays.
  void follow(const ProbePlan& plan);
  /// When wake() is to be called.
  [[nodiscard]] TimePoint wake_at() const noexcept { return busy() ? deadline_ : due_; }
  void wake(TimePoint now);
  /// Probes now, unless one is out already.
  void hurry(TimePoint now);

 private:
  enum class State : unsigned char { closed, connecting, waiting, opening, draining, open };
  using Result = balance::ProbeResult;

  [[nodiscard]] bool busy() const noexcept {
    return state_ == State::connecting || state_ == State::waiting || state_ == State::opening;
  }
  [[nodiscard]] bool asks() const noexcept { return plan_.asks || backend_.health().silent(); }
  void forget_former_process(TimePoint now);
  void begin(TimePoint now, bool scheduled);
  void connect();
  void send();
  void close() noexcept;
  void read_head(std::string_view bytes);
  void read_open_packet(std::string_view bytes);
  void read_body(std::string_view bytes);
  void take_sample(TimePoint now);
  void draw_after(TimePoint time);
  void finish(Result result, int status);
  void plan_next(TimePoint now, bool passed);

  void on_connected(int status) noexcept override;
  void on_bytes(std::string_view bytes, uv::TimedSocket::Arrival arrival) noexcept override;
  void on_end(int status) noexcept override;
  uv::TimedSocket::Events& as_events() noexcept { return *this; }

  Agenda& agenda_;
  ProbeEvents& events_;
  balance::Backend& backend_;
  ProbePlan plan_;
  ProbeSchedule schedule_;
  balance::ProbeWindow window_;
  std::uint64_t replaced_;  // Health::replaced() when window_ was begun
  std::mt19937 random_;
  std::string request_;
  uv::TimedSocket socket_;

  State state_ = State::closed;
  TimePoint due_{};
  TimePoint next_draw_{};  // the schedule's next time, while a probe is out
  Duration mean_{};        // that next_draw_ was drawn with
  Duration stands_for_{};  // the mean that the probe that is out was drawn with
  TimePoint deadline_{};
  TimePoint sent_at_{};
  bool scheduled_ = false;                           // due_ is one of the schedule's times
  bool sample_ = false;                              // the probe that is out is a sample
  bool reused_ = false;                              // its connection had been used before
  bool opened_ = false;                              // the one that is out has its WebSocket
  std::optional<uv::TimedSocket::Arrival> arrival_;  // of its answer's first byte
  std::string partial_;
  http::ResponseHead head_;
  std::optional<http::BodyReader> body_;
};

}  // namespace pinion::health
