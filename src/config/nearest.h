// The known word that somebody most likely meant.
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace pinion::config {

/// Edits from one word to the other: insert, delete, replace, or swap two neighbours (optimal
/// string alignment). The case of ASCII letters and '-' against '_' do not count.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The known word with the fewest edits, the first of equals; nothing when none is close enough to
/// be a slip of the fingers (a third of the word's length, at least one edit). A word that is cut
/// short, or has something behind it, counts as one edit.
std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> known);

}  // namespace pinion::config
