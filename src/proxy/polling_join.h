// The CONNECT of a session by polling, seen by one request of the session. It is read before it
// goes on, since the id in it may belong to another backend than the one that the handshake chose;
// then the session is moved there. What else the client asks for waits meanwhile.
//
// Threads: the worker's.
// Lifetime: part of its exchange, whose facts and head it reads; holds on to the exchange's
//   SessionHold from the first call that takes one until give_up().
// Invariants: whoever brings the CONNECT tells all who wait for it, on every worker, exactly once,
//   whatever becomes of the request. A session is moved before anything of it exists.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "config/config.h"
#include "http/head.h"
#include "metrics/worker_counters.h"
#include "proxy/join_desk.h"
#include "proxy/rebind.h"
#include "proxy/session_hold.h"

namespace pinion::proxy {

struct RequestFacts;
class Worker;

class PollingJoin final : private JoinWaiter, private Rebind::Owner {
 public:
  /// What comes next for the request.
  enum class Next : unsigned char {
    go_on,     // to its session's backend
    wait,      // the owner hears more
    gone,      // the session is
    unspoken,  // to the session's backend too: its body says nothing yet of the session
  };
  class Owner {
   public:
    /// It waits, until expire() is called at the latest.
    virtual void on_wait_to_join(TimePoint until) noexcept = 0;
    /// Its session is being moved, which ends by itself.
    virtual void on_move() noexcept = 0;
    /// The wait, or the move, is over. @param next go_on or gone
    virtual void on_joined(Next next) noexcept = 0;
    virtual void on_moved(Next next) noexcept = 0;

   protected:
    ~Owner() = default;
  };

  /// @param head of the request, as it goes to the backend
  PollingJoin(Worker& worker, const RequestFacts& facts, const std::string& head,
              Owner& owner) noexcept
      : worker_(worker), facts_(facts), head_(head), owner_(owner) {}
  ~PollingJoin() = default;
  PollingJoin(const PollingJoin&) = delete;
  PollingJoin& operator=(const PollingJoin&) = delete;

  /// Whether a CONNECT of such a session may name another backend.
  [[nodiscard]] bool may_be_elsewhere() const noexcept;
  /// Finds out whether this request may bring the CONNECT.
  void read_head(const http::RequestHead& head);
  /// It may, so its body is to be seen whole before it goes on.
  [[nodiscard]] bool reads_body() const noexcept { return reads_body_; }

  /// The session has joined without an id, but may join other namespaces with one. Such a CONNECT
  /// goes on as it comes.
  [[nodiscard]] bool may_bring_later() const noexcept { return may_bring_later_; }
  /// Its session belongs to what they state. @param connects payload of CONNECT packets
  void take_later(SessionHold& session, std::string_view connects);

  /// Or it may, but its body cannot be read.
  [[nodiscard]] bool brings_connect() const noexcept { return reads_body_ || passes_unread_; }

  /// The request may go on when its session's CONNECT has been read.
  Next wait(SessionHold& session);
  /// The request brings it, if any does.
  Next take_connect(SessionHold& session, std::string_view body);
  /// The wait was too long.
  void expire();
  /// The request ends: what it promised to others is kept.
  void give_up();
  /// Nobody waits for that session's CONNECT any more.
  [[nodiscard]] bool is_over_for(session::SessionKey key) const;

 private:
  enum class Said : unsigned char { nothing, connect, unjoined };  // of the session

  [[nodiscard]] const config::Affinity& affinity() const noexcept;
  void count(metrics::RebindResult result) const;
  [[nodiscard]] bool can_gather(const http::RequestHead& head) const;
  void on_joined() noexcept override;
  void on_rebound(metrics::RebindResult result) noexcept override;
  Said read_stated_id(std::string_view body);
  [[nodiscard]] bool is_being_moved() const;
  Next wait_for_move();
  Next stay();
  void move_to(balance::Reservation reservation);
  bool take_over();
  void leave_opened();
  [[nodiscard]] bool lives_elsewhere() const;
  void tell();

  Worker& worker_;
  const RequestFacts& facts_;
  const std::string& head_;
  Owner& owner_;
  SessionHold* session_ = nullptr;
  std::string stated_id_;  // in the CONNECT, unless its session is not to belong to it
  std::unique_ptr<Rebind> rebind_;
  TimePoint join_until_{};
  bool reads_body_ = false;
  bool passes_unread_ = false;  // what may be a CONNECT
  bool may_bring_later_ = false;
  bool stated_ = false;  // the CONNECT does state one
  bool waits_ = false;
  bool told_ = false;  // nobody waits for this request
};

}  // namespace pinion::proxy
