// What ends sessions wherever they are, for those who decide that they are to end.
//
// Threads: any.
#pragma once

#include <span>

#include "metrics/close_reason.h"
#include "session/session.h"

namespace pinion {

/// Closes sessions wherever they are.
class SessionCloser {
 public:
  /// Ends those without a tunnel at once, and tells the workers; a tunnel ends its session itself,
  /// after the close frame.
  virtual void close_sessions(std::span<const session::Session> sessions,
                              metrics::CloseReason reason) = 0;

 protected:
  ~SessionCloser() = default;
};

}  // namespace pinion
