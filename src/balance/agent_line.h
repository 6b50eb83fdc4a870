// The line by which a backend's agent answers: that of HAProxy's agent-check, so that agents which
// people have serve here too (HAProxy's configuration manual, "agent-check").
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace pinion::balance {

/// What an operator may do with a backend, and its agent too.
enum class AdminState : unsigned char {
  ready,        // nothing
  drain,        // no new sessions; those that are there go on
  maintenance,  // the same, and it is said to be in maintenance
};

/// What an agent wants done with its backend, by all that it has said.
enum class Stance : unsigned char {
  ready,        // nothing
  drain,        // as AdminState
  maintenance,  // as AdminState
  down,         // no new sessions, and it is said to be down, whatever its AdminState
};

std::string_view to_string(Stance stance) noexcept;
/// Of a backend that is up.
Stance to_stance(AdminState state) noexcept;

/// What one line says; nothing of what it leaves out.
struct AgentLine {
  std::optional<bool> up;                     // its health
  std::optional<AdminState> admin;            // which its health does not change, nor it that
  std::optional<std::uint32_t> percent;       // of the configured weight, 0 to 1000
  std::optional<std::uint32_t> max_sessions;  // 0: no limit but the configured one

  bool operator==(const AgentLine&) const = default;
};

struct AgentAnswer {
  std::optional<AgentLine> line;  // nothing: it has no word that is known
  std::string_view unknown;       // its first word that is not known, in the text; empty: all are
};

/// @param text without its end; words by spaces, tabs or commas, in any case: "up" and "down",
/// "fail", "failed", "stopped" tell its health, "ready", "drain", "maint" its AdminState, then
/// there are "75%" and "maxconn:30". Of words for the same the last holds. What follows a "#" is
/// for people
AgentAnswer parse_agent_line(std::string_view text) noexcept;

}  // namespace pinion::balance
