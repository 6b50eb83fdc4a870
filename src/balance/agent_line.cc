#include "balance/agent_line.h"

#include <algorithm>
#include <charconv>

#include "base/ascii.h"

namespace pinion::balance {
namespace {

constexpr std::string_view kBetweenWords = " \t,\r";
constexpr std::string_view kMaxconn = "maxconn:";
constexpr std::uint32_t kMostPercent = 1000;

struct HealthWord {
  std::string_view word;
  bool up;
};
constexpr HealthWord kHealthWords[] = {
    {"up", true}, {"down", false}, {"fail", false}, {"failed", false}, {"stopped", false},
};

struct AdminWord {
  std::string_view word;
  AdminState state;
};
constexpr AdminWord kAdminWords[] = {
    {"ready", AdminState::ready},
    {"drain", AdminState::drain},
    {"maint", AdminState::maintenance},
};

std::optional<std::uint32_t> to_whole_number(std::string_view text) noexcept {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// @returns the row of a table that says `word`; nullptr: none
template <typename Row, std::size_t kRows>
const Row* find_word(const Row (&rows)[kRows], std::string_view word) noexcept {
  const auto* const found =
      std::ranges::find_if(rows, [word](const Row& row) { return iequals(row.word, word); });
  return found == std::end(rows) ? nullptr : found;
}

/// @returns whether it is known; what it says is then in the line
bool take_word(std::string_view word, AgentLine& line) noexcept {
  if (word.ends_with('%')) {
    const auto percent = to_whole_number(word.substr(0, word.size() - 1));
    if (percent) line.percent = std::min(*percent, kMostPercent);
    return percent.has_value();
  }
  if (iequals(word.substr(0, kMaxconn.size()), kMaxconn)) {
    const auto most = to_whole_number(word.substr(kMaxconn.size()));
    if (most) line.max_sessions = most;
    return most.has_value();
  }
  if (const auto* const health = find_word(kHealthWords, word)) {
    line.up = health->up;
    return true;
  }
  const auto* const admin = find_word(kAdminWords, word);
  if (admin == nullptr) return false;
  line.admin = admin->state;
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

Stance to_stance(AdminState state) noexcept {
  switch (state) {
    case AdminState::ready:
      return Stance::ready;
    case AdminState::drain:
      return Stance::drain;
    case AdminState::maintenance:
      break;
  }
  return Stance::maintenance;
}

AgentAnswer parse_agent_line(std::string_view text) noexcept {
  AgentAnswer answer;
  AgentLine said;
  text = text.substr(0, text.find('#'));
  while (true) {
    const auto first = text.find_first_not_of(kBetweenWords);
    if (first == std::string_view::npos) return answer;
    text.remove_prefix(first);
    const std::string_view word = text.substr(0, text.find_first_of(kBetweenWords));
    text.remove_prefix(word.size());
    if (take_word(word, said)) {
      answer.line = said;
    } else if (answer.unknown.empty()) {
      answer.unknown = word;
    }
  }
}

}  // namespace pinion::balance
