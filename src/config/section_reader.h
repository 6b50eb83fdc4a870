// Reads one table of the file by the key table: values where they are written, the preset's or the
// defaults elsewhere, and an error for whatever is not known.
//
// Threads: belongs to one load.
// Lifetime: the table and the error list outlive it.
// Invariants: each key of the section is read exactly once before finish(); a key of the table that
// no member of Config takes aborts there, so that it cannot be forgotten.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "config/config.h"
#include "config/document.h"
#include "config/error.h"
#include "config/key_table.h"

namespace pinion::config {

class SectionReader {
 public:
  /// `table` is null for a section that the file does not have: all its keys have their defaults.
  SectionReader(Section section, const Node* table, ErrorList& errors,
                Preset preset = Preset::none);
  /// For a section inside of this one, which is not repeated. The same preset holds there.
  SectionReader below(Section child) { return {child, table(child), errors_, preset_}; }

  /// Set `value` from the file, or from the preset, or from the key's default. After an error the
  /// value stays as it was.
  void read(std::string_view key, std::uint32_t& value);
  void read(std::string_view key, std::uint64_t& value);
  void read(std::string_view key, Duration& value);
  void read(std::string_view key, std::string& value);
  void read(std::string_view key, Address& value);
  void read(std::string_view key, std::vector<Address>& value);
  void read(std::string_view key, std::vector<Cidr>& value);
  void read(std::string_view key, std::vector<IdPlace>& value);
  void read(std::string_view key, std::vector<std::string>& value);
  /// Fills an enum whose order is that of the key's choices.
  template <class Enum>
    requires std::is_enum_v<Enum>
  void read(std::string_view key, Enum& value) {
    value = static_cast<Enum>(read_choice(key));
  }

  /// The table of a section inside of this one; null when the file has none. Something else of that
  /// name is an error.
  const Node* table(Section child);
  /// All tables of a repeated section inside of this one. Nothing when there is something else of
  /// that name, which is an error.
  std::optional<std::vector<const Node*>> tables(Section child);

  /// Reports every entry that is neither a key nor a section. False when there was one.
  bool finish();

  /// Where a key's value is written, or else where its section is.
  [[nodiscard]] Position where(std::string_view key) const;
  /// Where a list's entries are; that of the key itself for what is no list in the file.
  [[nodiscard]] std::vector<Position> places(std::string_view key, std::size_t count) const;
  [[nodiscard]] bool written(std::string_view key) const { return entry(key) != nullptr; }

 private:
  const Key& take(std::string_view key);
  [[nodiscard]] const Entry* entry(std::string_view key) const;
  std::size_t read_choice(std::string_view key);
  /// Hands the key's value, or its default, to `convert`, and takes down the error.
  template <class T, class Convert>
  void read_one(std::string_view key, T& value, Convert convert);
  template <class T, class Convert>
  void read_list(std::string_view key, std::vector<T>& value, Convert convert);

  Section section_;
  const Node* node_;
  const Node::Table* table_ = nullptr;
  ErrorList& errors_;
  Preset preset_;
  std::vector<std::string_view> taken_;
};

}  // namespace pinion::config
