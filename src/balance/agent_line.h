// The line by which a backend's agent answers: that of HAProxy's agent-check, so that agents which
// people have serve here too (HAProxy's configuration manual, "agent-check").
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace pinion::balance {

/// What an agent wants done with its backend.
enum class Stance : unsigned char {
  ready,        // nothing
  drain,        // no new sessions; those that are there go on
  maintenance,  // the same, and it is said to be in maintenance
  down,         // the same, and it is said to be down
};

std::string_view to_string(Stance stance) noexcept;

/// What one line says; nothing of what it leaves out.
struct AgentLine {
  std::optional<Stance> stance;
  std::optional<std::uint32_t> percent;       // of the configured weight, 0 to 1000
  std::optional<std::uint32_t> max_sessions;  // 0: no limit but the configured one
};

/// @param line without its end; words by spaces, tabs or commas: "ready", "up" (both: nothing is to
/// be done), "drain", "maint", "down", "failed", "stopped", "75%", "maxconn:30"; what follows a "#"
/// is for people
/// @returns nothing when it has no word, or one that is not known
std::optional<AgentLine> parse_agent_line(std::string_view line) noexcept;

}  // namespace pinion::balance
