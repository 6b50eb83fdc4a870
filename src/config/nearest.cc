#include "config/nearest.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/ascii.h"

namespace pinion::config {
namespace {

// Longer words are nobody's slip of the fingers, and the work is quadratic.
constexpr std::size_t kLongestWord = 64;

constexpr std::size_t kShortestStump = 3;

bool cut_short(std::string_view a, std::string_view b) {
  const auto [shorter, longer] =
      std::minmax(a, b, [](auto x, auto y) { return x.size() < y.size(); });
  return shorter.size() >= kShortestStump && shorter != longer && longer.starts_with(shorter);
}

char folded(char c) { return c == '-' ? '_' : ascii_lower(c); }

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const char x = folded(a[i - 1]);
      const char y = folded(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (x == y ? 0U : 1U)});
      const bool swapped = i > 1 && j > 1 && x == folded(b[j - 2]) && y == folded(a[i - 2]);
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> known) {
  if (word.empty() || word.size() > kLongestWord) return std::nullopt;
  std::size_t best = std::max<std::size_t>(1, word.size() / 3) + 1;
  std::optional<std::string_view> found;
  for (const auto candidate : known) {
    if (candidate.size() > kLongestWord) continue;
    const auto distance = cut_short(word, candidate) ? 1 : edit_distance(word, candidate);
    // A word of one or two letters is near to every other one; nothing of it may be left then.
    if (distance >= best || distance >= word.size()) continue;
    best = distance;
    found = candidate;
  }
  return found;
}

}  // namespace pinion::config
