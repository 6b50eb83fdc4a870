// libwebsockets writes its messages to one function of the process. This leads them to the Logger
// of the thread that is inside the library, at debug level, so that nothing of it reaches stderr.
//
// Threads: a scope counts for the thread that made it.
// Lifetime: the Logger outlives the scope; scopes of one thread nest.
#pragma once

#include "log/log.h"

namespace pinion::admin {

class LwsLogScope {
 public:
  explicit LwsLogScope(log::Logger& log) noexcept;
  ~LwsLogScope();
  LwsLogScope(const LwsLogScope&) = delete;
  LwsLogScope& operator=(const LwsLogScope&) = delete;

 private:
  log::Logger* before_;
};

}  // namespace pinion::admin
