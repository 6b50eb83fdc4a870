// Sections, keys and what they allow, in words: for messages, the reference file and the man page.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "config/key_table.h"

namespace pinion::config {

/// What the key is for, and whether a change needs a restart.
std::string help_text(const Key& key);
/// "[proxy.limits]" or "[[pool]]", as it is written in a file.
std::string header(const SectionInfo& section);
/// "[proxy.limits].head", as messages name it.
std::string key_path(Section section, std::string_view name);

/// A number of this key's type as people write it: "64KiB", "10s", "3".
std::string number_text(const Key& key, std::uint64_t number);
/// What is allowed, in words without a final stop: "0 to 256, where 0 means: one per core".
std::string allowed(const Key& key);
/// What each entry of a list is; for other keys the same as allowed().
std::string allowed_entry(const Key& key);
/// A text as the value of this key in TOML: in quotes or brackets where the type wants them.
std::string toml_value(const Key& key, std::string_view text);
/// The same of a list's entries; for other keys of the one text that there is.
std::string toml_value(const Key& key, std::span<const std::string_view> texts);

/// Widest line of what is printed for people.
inline constexpr std::size_t kTextWidth = 100;
/// A text as comment lines of TOML, broken between words.
std::string comment(std::string_view text);

}  // namespace pinion::config
