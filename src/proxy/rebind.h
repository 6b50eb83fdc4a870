// Late re-bind: an Engine.IO session of pinion's own, opened at the backend that a client's CONNECT
// names, to stand for the one that its handshake has opened elsewhere. The open packet is
// swallowed, since the client has had one.
//
// Threads: the worker's.
// Lifetime: owned by whoever holds the CONNECT (an Exchange or a Tunnel), which outlives it or
//   retires it, or hands it to a Farewell if its request is still under way. Tells each owner once,
//   never from inside start().
// Invariants: a place is reserved at the backend until it is taken over or this ends. What is told
//   is `moved` only when the client can go on as if nothing had happened: ping times and payloads
//   that it was told, and compression that it has agreed to.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "balance/backend.h"
#include "base/timer_wheel.h"
#include "engineio/open_packet.h"
#include "http/body_reader.h"
#include "http/head.h"
#include "metrics/worker_counters.h"
#include "proxy/retired.h"
#include "proxy/upstream.h"
#include "websocket/deflate_terms.h"
#include "websocket/message_reader.h"

namespace pinion::proxy {

class Worker;

/// What a 101 says of compression. @returns nothing when that cannot be read
std::optional<websocket::DeflateTerms> agreed_terms(const http::Fields& fields);

class Rebind final : public Retirable, private UpstreamEvents, private WheelTimer {
 public:
  class Owner {
   public:
    /// @param result moved, refused, failed or unlike
    virtual void on_rebound(metrics::RebindResult result) noexcept = 0;

   protected:
    ~Owner() = default;
  };

  /// What the session was that is to be moved.
  struct Request {
    std::string head;               // of the handshake, whole
    bool websocket = false;         // else by polling
    websocket::DeflateTerms terms;  // as the client has agreed to
    Duration told{};                // pingInterval + pingTimeout
    TimePoint told_at{};            // when the client's clock for them began anew
    std::uint64_t max_payload = 0;  // bytes that the client may send at once; 0: it was not told
    Duration timeout{};             // for all of it
  };

  Rebind(Worker& worker, Owner& owner, balance::Reservation reservation, Request request);
  ~Rebind() override;

  void start();
  /// However soon the session had been opened, its first ping would have come too late: by the
  /// doing of the client. Once the backend has answered.
  [[nodiscard]] bool asked_too_late() const noexcept { return asked_too_late_; }
  /// The owner has no more use for it; it tells nothing any more.
  void abandon() noexcept;
  /// Its time is over, or its owner is leaving, while the backend may still make a session by
  /// polling, which no closed connection would end.
  [[nodiscard]] bool is_unanswered() const noexcept;
  /// Goes on, without its place, for another owner. Only if it is unanswered.
  void go_on_for(Owner& owner, TimePoint until) noexcept;

  // Once moved:
  [[nodiscard]] balance::Backend& backend() noexcept { return upstream_backend_; }
  [[nodiscard]] balance::Reservation& reservation() noexcept { return reservation_; }
  [[nodiscard]] const std::string& sid() const noexcept { return sid_; }
  /// By WebSocket: the connection, not being read, and what came behind the open packet.
  uv::Stream take_stream() noexcept { return upstream_->take_stream(); }
  [[nodiscard]] const std::string& rest() const noexcept { return rest_; }

 private:
  void on_upstream_ready() noexcept override;
  void on_upstream_refused(int status) noexcept override;
  [[nodiscard]] std::size_t upstream_read_room() noexcept override;
  void on_upstream_read(std::string_view bytes) noexcept override;
  void on_upstream_end(int status) noexcept override;
  void on_upstream_drain() noexcept override {}
  void on_upstream_write_error(int status) noexcept override;
  void on_timer(TimePoint now) noexcept override;

  void connect();
  bool take_head(std::string_view& bytes);
  void take_body(std::string_view bytes);
  void take_frames(std::string_view bytes);
  void finish_body();
  void opened(const engineio::OpenPacket& packet);
  void finish(metrics::RebindResult result);
  void tell(metrics::RebindResult result);

  Worker& worker_;
  Owner* owner_;
  balance::Reservation reservation_;
  balance::Backend& upstream_backend_;
  Request request_;
  TimePoint started_at_{}, deadline_{}, connect_until_{};
  int refusal_ = 0;  // of a connect that failed at once, until it is told
  std::unique_ptr<Upstream> upstream_;
  std::string partial_;                               // an incomplete head
  std::optional<http::BodyReader> body_;              // once the head is complete, by polling
  std::optional<websocket::MessageReader> messages_;  // likewise, by WebSocket
  engineio::OpenPacketReader open_;
  std::string sid_, rest_;
  bool keep_ = false;  // the connection can carry another request
  bool connected_ = false;
  bool asked_too_late_ = false;
  bool went_on_ = false;  // for another owner
  bool over_ = false;
};

}  // namespace pinion::proxy
