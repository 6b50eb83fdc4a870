// Does with backends what their agents say, and tells the log when that is another thing than
// before.
//
// Threads: the main thread.
// Lifetime: the log outlives it.
#pragma once

#include "health/agent_check.h"
#include "log/log.h"

namespace pinion {

class AgentNews final : public health::AgentEvents {
 public:
  explicit AgentNews(log::Logger& log) noexcept : log_(log) {}

  void on_agent_line(balance::Backend& backend, const balance::AgentLine& line) noexcept override;
  void on_agent_word_unknown(balance::Backend& backend, std::string_view word) noexcept override;
  void on_agent_lost(balance::Backend& backend, const std::string& why) noexcept override;
  void on_agent_dropped(balance::Backend& backend) noexcept override;

 private:
  log::Logger& log_;
};

}  // namespace pinion
