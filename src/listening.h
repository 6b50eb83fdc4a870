// Opening the listeners that a config asks for.
//
// Threads: the main thread. Lifetime: sockets that are not handed to workers are closed.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "config/config.h"
#include "log/log.h"
#include "uv/listen_socket.h"

namespace pinion {

struct OpenListener {
  std::string name;  // as configured
  uv::BoundSockets bound;
};

/// Sockets for each of `addresses`, one a worker. The error is one line: which cannot be, and why.
std::expected<std::vector<OpenListener>, std::string> open_listeners(
    const std::vector<config::Address>& addresses, unsigned workers);

/// A line each.
void log_listening(log::Logger& log, const std::vector<OpenListener>& listeners);

/// Those of `addresses` that `others` has not.
std::vector<config::Address> without(const std::vector<config::Address>& addresses,
                                     const std::vector<config::Address>& others);

}  // namespace pinion
