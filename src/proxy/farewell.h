// Ends an Engine.IO session at a backend that nobody will ask for again, by posting its close
// packet (engine.io-protocol v4, `1`), so that it is not kept there until its ping timeout. One
// that is only being opened there is awaited before.
//
// Threads: the worker's.
// Lifetime: owned by its worker until it is answered, or has taken its time; then it retires.
// Invariants: what becomes of it concerns nobody, but that it was not heard is counted.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/intrusive_list.h"
#include "base/timer_wheel.h"
#include "proxy/rebind.h"
#include "proxy/retired.h"
#include "proxy/upstream.h"

namespace pinion::proxy {

class Worker;

class Farewell final : public Retirable,
                       public ListHook<Farewell>,
                       private UpstreamEvents,
                       private Rebind::Owner,
                       private WheelTimer {
 public:
  static constexpr Duration kTime = std::chrono::seconds{5};
  /// For a session that is being opened: longer than an event loop that still lives is blocked.
  static constexpr Duration kTimeToOpen = std::chrono::seconds{30};

  /// @param target of a request of that session, its sid included
  /// @param head of a request to that backend, for what else such a request has to say
  Farewell(Worker& worker, balance::Backend& backend, std::string_view target, std::string head);
  /// @param opening a session that nobody waits for any longer, unanswered
  /// @param head of a request of a session of that kind
  Farewell(Worker& worker, std::unique_ptr<Rebind> opening, std::string head);
  ~Farewell() override;

  void start();
  /// Ends it, whether it was heard or not.
  void end();

 private:
  void on_upstream_ready() noexcept override;
  void on_upstream_refused(int status) noexcept override;
  [[nodiscard]] std::size_t upstream_read_room() noexcept override;
  void on_upstream_read(std::string_view /*bytes*/) noexcept override { end(); }
  void on_upstream_end(int /*status*/) noexcept override { give_up(); }
  void on_upstream_drain() noexcept override {}
  void on_upstream_write_error(int /*status*/) noexcept override { give_up(); }
  void on_rebound(metrics::RebindResult result) noexcept override;
  void on_timer(TimePoint /*now*/) noexcept override { give_up(); }
  void take_leave();
  void give_up();
  void drop_opening();

  Worker& worker_;
  balance::Backend& backend_;
  std::string request_;  // while opening: of a request of such a session
  std::unique_ptr<Rebind> opening_;
  std::unique_ptr<Upstream> upstream_;
  bool over_ = false;
};

}  // namespace pinion::proxy
