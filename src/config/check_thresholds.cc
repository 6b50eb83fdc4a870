#include "config/check_thresholds.h"

#include <fmt/format.h>

#include <cstddef>
#include <string_view>
#include <type_traits>

#include "config/fields.h"
#include "config/key_text.h"
#include "config/value_text.h"

namespace pinion::config {
namespace {

/// Calls with the limit of that name, which has the type of the one that is looked for.
template <class Limit, class Use>
void with_limit(const LevelLimits& limits, std::string_view name, Use use) {
  each_field(limits, [&](std::string_view key, const auto& limit) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(limit)>, Limit>) {
      if (key == name) use(limit);
    }
  });
}

}  // namespace

void check_thresholds(const Thresholds& thresholds, const ThresholdsDraft& draft,
                      ErrorList& errors) {
  std::size_t place = 0;
  each_field(thresholds.busy, [&](std::string_view name, const auto& busy) {
    using Limit = std::remove_cvref_t<decltype(busy)>;
    const Position at = draft.busy[place++];
    with_limit<Limit>(thresholds.full, name, [&](const Limit& full) {
      // None, or a limit that could not be read.
      if (full == Limit{} || busy <= full) return;
      errors.add(at, key_path(Section::busy, name),
                 fmt::format("{} is more than {} of full, which is {}, so that a backend would "
                             "be full before it is busy",
                             value_text(*find_key(Section::busy, name), busy), name,
                             value_text(*find_key(Section::full, name), full)));
    });
  });
}

}  // namespace pinion::config
