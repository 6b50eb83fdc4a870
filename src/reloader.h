// Reads the config file again and has it followed, or changes nothing.
//
// Threads: the main thread.
// Lifetime: the composition root's.
// Invariants: what can fail (the file, listeners, the access log) is done before anything changes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "admin/control.h"
#include "config/config.h"
#include "listening.h"
#include "log/access_log.h"
#include "log/log.h"
#include "metrics/control_counters.h"

namespace pinion {

class Reloader {
 public:
  /// The rest of the server.
  class Follower {
   public:
    /// @param close names of listeners that are given up
    virtual void follow(std::shared_ptr<const config::Config> config,
                        std::vector<OpenListener> open, std::vector<std::string> close) = 0;

   protected:
    ~Follower() = default;
  };

  /// @param config just loaded
  Reloader(std::string file, std::shared_ptr<const config::Config> config,
           log::AccessLog& access_log, log::Logger& log, Follower& follower,
           metrics::ControlCounters& counters)
      : file_(std::move(file)),
        config_(std::move(config)),
        access_log_(access_log),
        log_(log),
        follower_(follower),
        counters_(counters) {
    counters_.config_loaded_seconds.store(epoch_seconds(), std::memory_order_relaxed);
  }

  /// The admin endpoint's, as long as the process runs.
  void use_token(std::string token) { token_ = std::move(token); }

  /// Opens the access log anew, reads the file and follows it. The log tells what has changed, or
  /// why nothing has, as does what it returns.
  admin::ReloadView reload();

 private:
  admin::ReloadView try_reload();

  [[nodiscard]] bool token_differs() const;

  std::string file_;
  std::string token_;
  std::shared_ptr<const config::Config> config_;
  log::AccessLog& access_log_;
  log::Logger& log_;
  Follower& follower_;
  metrics::ControlCounters& counters_;
};

}  // namespace pinion
