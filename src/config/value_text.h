// A value of the config as people read it, for summaries.
//
// Threads: pure functions. `key` is the row of the table that the value belongs to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "config/config.h"
#include "config/key_table.h"

namespace pinion::config {

/// A number with its unit; what zero does stands behind a zero that has a meaning of its own.
std::string value_text(const Key& key, std::uint64_t number);
std::string value_text(const Key& key, Duration duration);
/// An empty text is shown as what it means, in parentheses.
std::string value_text(const Key& key, const std::string& text);
std::string value_text(const Key& key, const Address& address);
/// The entries with commas between them, or "none".
std::string value_text(const Key& key, const std::vector<Address>& addresses);
std::string value_text(const Key& key, const std::vector<Cidr>& networks);
std::string value_text(const Key& key, const std::vector<IdPlace>& places);
std::string value_text(const Key& key, const std::vector<std::string>& texts);
/// The word of a choice, from the enum that it filled.
template <class Enum>
  requires std::is_enum_v<Enum>
std::string value_text(const Key& key, Enum value) {
  return value_text(key, std::string(key.choices[static_cast<std::size_t>(value)]));
}

}  // namespace pinion::config
