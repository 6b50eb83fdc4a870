#include "agent_news.h"

namespace pinion {

void AgentNews::on_agent_line(balance::Backend& backend, const balance::AgentLine& line) noexcept {
  if (!backend.agent().take(line)) return;
  const balance::Stance stance = backend.agent().stance();
  log_.write(stance == balance::Stance::ready ? log::Level::info : log::Level::warning,
             "the agent of a backend wants something else",
             {{"pool", backend.identity().pool_name},
              {"backend", backend.identity().name},
              {"agent", balance::to_string(stance)}});
}

void AgentNews::on_agent_word_unknown(balance::Backend& backend, std::string_view word) noexcept {
  constexpr std::size_t kEnoughToFind = 64;
  log_.warning("the agent of a backend says a word that is not known; the rest of its line holds",
               {{"pool", backend.identity().pool_name},
                {"backend", backend.identity().name},
                {"agent", balance::to_string(backend.agent().stance())},
                {"word", word.substr(0, kEnoughToFind)}});
}

void AgentNews::on_agent_lost(balance::Backend& backend, const std::string& why) noexcept {
  log_.warning("the agent of a backend does not answer as it should; what it said last stands",
               {{"pool", backend.identity().pool_name},
                {"backend", backend.identity().name},
                {"agent", balance::to_string(backend.agent().stance())},
                {"why", why}});
}

void AgentNews::on_agent_dropped(balance::Backend& backend) noexcept {
  const balance::Stance stance = backend.agent().stance();
  if (stance == balance::Stance::ready) return;
  log_.info("the agent of a backend is asked no more, and what it wanted holds no more",
            {{"pool", backend.identity().pool_name},
             {"backend", backend.identity().name},
             {"agent", balance::to_string(stance)}});
}

}  // namespace pinion
