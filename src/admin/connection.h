// One connection of the admin endpoint: gathers its request and sends its answer in parts.
//
// Threads: the admin thread's.
// Lifetime: belongs to the AdminServer, which ends it when libwebsockets destroys the wsi.
// Invariants: one request, one answer. Each of its two phases has a deadline of its own.
#pragma once

#include <libwebsockets.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "admin/endpoint.h"
#include "admin/request.h"
#include "admin/server.h"
#include "base/clock.h"

namespace pinion::admin {

class Connection {
 public:
  Connection(lws* wsi, Endpoint& endpoint, const AdminServer::Limits& limits) noexcept;

  // What libwebsockets' callbacks tell. False: close the connection.
  [[nodiscard]] bool on_head();
  [[nodiscard]] bool on_body(std::string_view bytes);
  [[nodiscard]] bool on_body_complete();
  [[nodiscard]] bool on_writable();
  [[nodiscard]] bool on_timer();
  // These answer at once, since libwebsockets has no later moment for it; close afterwards.
  void on_upgrade();
  void on_garbage();

 private:
  enum class State : unsigned char { reading, sending };

  [[nodiscard]] std::optional<Answer> read_framing();
  [[nodiscard]] bool begin_answer(const Answer& answer);
  [[nodiscard]] bool send_part();
  void refuse_now(const Answer& answer);

  lws* const wsi_;
  Endpoint& endpoint_;
  const AdminServer::Limits& limits_;
  State state_ = State::reading;
  Request request_;
  std::size_t body_size_ = 0;  // as announced
  TimePoint deadline_;         // of the answer
  std::string message_;        // the whole answer
  std::size_t sent_ = 0;       // bytes of it
};

}  // namespace pinion::admin
