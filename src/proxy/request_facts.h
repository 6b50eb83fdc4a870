// What an exchange or tunnel remembers of its request after the head is gone.
//
// Threads: values. Texts that only the access log needs are kept only if there is one.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "engineio/intent.h"
#include "http/head.h"
#include "log/access_log.h"
#include "metrics/close_reason.h"

namespace pinion::proxy {

struct RequestFacts {
  std::optional<PoolId> pool;  // none: no route matched
  bool on_engineio_path = false;
  engineio::Intent intent;
  int minor_version = 1;
  bool is_head = false;
  bool is_safe = false;  // GET, HEAD or OPTIONS (RFC 9110, 9.2.1)
  bool keep_alive = true;
  bool wants_upgrade = false;
  bool accepts_json = false;
  std::string origin;  // as it came; empty when there was none
  std::string client;  // address, as far as it can be trusted
  TimePoint began{};
  // For the access log only:
  std::chrono::system_clock::time_point began_at{};
  std::string method, target;
};

/// How an exchange or tunnel ended, for the access log.
struct Outcome {
  int status = 0;
  std::uint64_t bytes_in = 0, bytes_out = 0;
  std::string_view pool, backend, sid, transport, error;
  metrics::Side side = metrics::Side::none;
};

/// The word for a request's kind in logs.
std::string_view to_string(engineio::Intent::Kind kind) noexcept;

void write_access(log::AccessLog& access_log, const RequestFacts& facts, const Outcome& outcome,
                  TimePoint now);

}  // namespace pinion::proxy
