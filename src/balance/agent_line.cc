#include "balance/agent_line.h"

#include <algorithm>
#include <charconv>

namespace pinion::balance {
namespace {

constexpr std::string_view kBetweenWords = " \t,\r";
constexpr std::string_view kMaxconn = "maxconn:";
constexpr std::uint32_t kMostPercent = 1000;

struct StanceWord {
  std::string_view word;
  Stance stance;
};
constexpr StanceWord kStances[] = {
    {"ready", Stance::ready},       {"up", Stance::ready},  {"drain", Stance::drain},
    {"maint", Stance::maintenance}, {"down", Stance::down}, {"failed", Stance::down},
    {"stopped", Stance::down},
};

std::optional<std::uint32_t> to_whole_number(std::string_view text) noexcept {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool take_word(std::string_view word, AgentLine& line) noexcept {
  if (word.ends_with('%')) {
    const auto percent = to_whole_number(word.substr(0, word.size() - 1));
    if (percent) line.percent = std::min(*percent, kMostPercent);
    return percent.has_value();
  }
  if (word.starts_with(kMaxconn)) {
    line.max_sessions = to_whole_number(word.substr(kMaxconn.size()));
    return line.max_sessions.has_value();
  }
  const auto* const found = std::ranges::find(kStances, word, &StanceWord::word);
  if (found == std::end(kStances)) return false;
  // Of several the strictest holds: "up drain" drains.
  line.stance = std::max(line.stance.value_or(Stance::ready), found->stance);
  return true;
}

}  // namespace

std::string_view to_string(Stance stance) noexcept {
  switch (stance) {
    case Stance::ready:
      return "ready";
    case Stance::drain:
      return "drain";
    case Stance::maintenance:
      return "maint";
    case Stance::down:
      break;
  }
  return "down";
}

std::optional<AgentLine> parse_agent_line(std::string_view line) noexcept {
  AgentLine said;
  bool any = false;
  line = line.substr(0, line.find('#'));
  while (true) {
    const auto first = line.find_first_not_of(kBetweenWords);
    if (first == std::string_view::npos) break;
    line.remove_prefix(first);
    const auto end = std::min(line.find_first_of(kBetweenWords), line.size());
    if (!take_word(line.substr(0, end), said)) return std::nullopt;
    line.remove_prefix(end);
    any = true;
  }
  if (!any) return std::nullopt;
  return said;
}

}  // namespace pinion::balance
