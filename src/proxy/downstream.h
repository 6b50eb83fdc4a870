// One client connection while it speaks HTTP/1: reads heads, gives each request to an Exchange, one
// after the other, so that pipelined requests are answered in order.
//
// Threads: the worker's.
// Lifetime: owned by its worker from accept until it retires, or until a 101 hands its stream to a
//   Tunnel.
// Invariants: an idle connection owns no buffer but for a few empty lines. While an exchange is
// under way its request body is
//   read as fast as the backend takes it; of what follows the body, and of a body that has to wait,
//   it is not read on once kReadAhead bytes are kept, so that less than twice as many ever are.
//   They count in the budget, as an incomplete head does.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/chunk_queue.h"
#include "base/ids.h"
#include "base/intrusive_list.h"
#include "base/timer_wheel.h"
#include "http/head_parser.h"
#include "http/reply.h"
#include "metrics/close_reason.h"
#include "proxy/owed_answer.h"
#include "proxy/queue_share.h"
#include "proxy/retired.h"
#include "proxy/stall_watch.h"
#include "uv/stream.h"

namespace pinion::proxy {

class Exchange;
class Worker;
struct ResumeLater {};

class Downstream final : public Retirable,
                         public ListHook<Downstream>,
                         public ListHook<ResumeLater>,
                         private uv::StreamEvents,
                         private WheelTimer,
                         public StallWatch::Owner {
 public:
  static constexpr std::size_t kReadAhead = uv::kScratchBytes;
  /// How many requests are taken at once of a row that pinion answers by itself: others want their
  /// turn, and what an Exchange holds is free only after it.
  static constexpr std::size_t kAtOnce = 16;

  /// @param peer its IP; empty for a unix socket
  Downstream(Worker& worker, uv::Stream stream, std::string peer);
  ~Downstream() override;

  /// Starts to read requests.
  void start();
  /// Reads one request, though there are too many connections: of a session that lives, it is
  /// served; any other hears 503.
  void start_as_guest();
  /// The worker shuts down: an idle connection closes now, a busy one after its answer.
  void shut_down();
  /// As Exchange::give_up_poll().
  bool give_up_poll();
  /// Its end has come before its request could go on.
  void client_has_left();
  /// Closes at once, with whatever is under way.
  void abort(metrics::CloseReason reason);
  /// The same, counted; a session whose answer is lost ends.
  void cut_off(metrics::CloseReason reason);
  /// If a request of one of these sessions, sorted serials, waits for its answer, it hears that the
  /// session is unknown.
  void close_sessions(std::span<const std::uint64_t> serials);
  /// Bytes that are held: those that wait for the client, or for the backend of its request, and
  /// what has been read of the next.
  [[nodiscard]] std::size_t queued() const noexcept;
  /// What it costs to keep them; see burden_of().
  [[nodiscard]] double burden(TimePoint now) noexcept {
    return burden_of(queued(), stall_.get(), now);
  }
  /// If it is idle, it may be so no longer than the worker's idle_time().
  void shorten_idle() noexcept;
  /// Goes on with what was read ahead; called by the worker after the turn in which it was asked
  /// for.
  void resume();

  // For its Exchange:
  /// Tells the counters what waits for the client now.
  void account_queue();
  [[nodiscard]] Worker& worker() noexcept { return worker_; }
  [[nodiscard]] uv::Stream& stream() noexcept { return stream_; }
  /// The address of the TCP peer; empty for a unix socket.
  [[nodiscard]] const std::string& peer() const noexcept { return peer_; }
  [[nodiscard]] bool peer_is_trusted() const noexcept { return trusted_; }
  /// It is one connection too many.
  [[nodiscard]] bool is_guest() const noexcept { return guest_; }
  /// The client has sent its FIN.
  [[nodiscard]] bool half_closed() const noexcept { return fin_seen_; }
  /// Reads on, unless enough has been read ahead.
  void resume_reading();
  /// What has been read but belongs to nobody yet.
  std::string take_read_ahead() noexcept;
  /// What was not needed of it.
  void put_read_ahead(std::string_view bytes);
  /// The exchange is complete. @param keep whether the connection can carry another
  void exchange_done(bool keep);
  /// The exchange broke off in the middle of an answer: the client must see that it was cut.
  void exchange_broken();
  /// A 101 was sent: gives up the stream and retires.
  uv::Stream leave_for_tunnel();

 private:
  enum class State : unsigned char {
    idle,       // between requests, nothing read but a few empty lines
    head,       // part of a head has been read
    exchange,   // a request is under way
    draining,   // waiting for the client to take its answer before the next request, or before the
                // end
    lingering,  // everything was sent; reading on so that the client sees the answer before the end
    closed,
  };

  std::size_t read_room() noexcept override;
  void on_read(std::string_view bytes) noexcept override;
  void on_end(int status) noexcept override;
  void on_drain() noexcept override;
  void on_write_error(int status) noexcept override;
  void on_timer(TimePoint now) noexcept override;
  void on_waiting() noexcept override;
  void on_slow_consumer() noexcept override;
  [[nodiscard]] Duration longest_stall() const noexcept override;

  void take_bytes(std::string_view bytes);
  void take_head(std::string_view& bytes);
  void leave_for_next_turn(std::string_view& bytes);
  void take_in_exchange(std::string_view& bytes);
  void read_ahead(std::string_view& bytes);
  void account_read();
  void become_idle();
  void refuse(http::HeadError error, const http::RequestHead& sound_part);
  void send_last(const http::Reply& reply, const http::RequestHead* request);
  void log_refusal(const http::Reply& reply) const;
  void turn_away();
  void linger();
  void close();
  void give_up_exchange(metrics::CloseReason reason);
  void arm(Duration timeout);

  Worker& worker_;
  uv::Stream stream_;
  State state_ = State::idle;
  bool trusted_ = false;
  bool guest_ = false;
  bool last_ = false;   // no request after this one
  bool asked_ = false;  // it has had a request
  bool fin_seen_ = false;
  bool resuming_ = false;  // what was read ahead is being taken, and there may be more of it
  PoolId stall_pool_ = 0;  // of stall_
  TimePoint linger_until_{};
  QueueShare share_;
  std::string peer_;
  std::string partial_;  // an incomplete head
  std::string ahead_;
  BufferShare read_share_;  // of both
  std::unique_ptr<Exchange> exchange_;
  std::unique_ptr<OwedAnswer> owed_;   // to a session, while the end of its answer waits
  std::unique_ptr<StallWatch> stall_;  // while bytes of an exchange wait for the client
};

}  // namespace pinion::proxy
