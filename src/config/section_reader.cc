#include "config/section_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "config/key_text.h"
#include "config/unknown.h"
#include "config/values.h"

namespace pinion::config {

SectionReader::SectionReader(Section section, const Node* table, ErrorList& errors, Preset preset)
    : section_(section), node_(table), errors_(errors), preset_(preset) {
  if (table != nullptr) table_ = std::get_if<Node::Table>(&table->value);
}

const Entry* SectionReader::entry(std::string_view key) const {
  if (table_ == nullptr) return nullptr;
  const auto found = std::find_if(table_->begin(), table_->end(),
                                  [&](const Entry& each) { return each.key == key; });
  return found == table_->end() ? nullptr : &*found;
}

Position SectionReader::where(std::string_view key) const {
  if (const auto* const written_here = entry(key)) return written_here->value.at;
  return node_ != nullptr ? node_->at : Position{};
}

std::vector<Position> SectionReader::places(std::string_view key, std::size_t count) const {
  std::vector<Position> found(count, where(key));
  const Entry* const written_here = entry(key);
  if (written_here == nullptr) return found;
  const auto* const list = std::get_if<Node::List>(&written_here->value.value);
  for (std::size_t i = 0; list != nullptr && i < std::min(count, list->size()); ++i)
    found[i] = (*list)[i].at;
  return found;
}

const Key& SectionReader::take(std::string_view key) {
  const Key* const row = find_key(section_, key);
  PINION_CHECK(row != nullptr, "every member of the config has its row in the table of keys");
  taken_.push_back(key);
  return *row;
}

template <class T, class Convert>
void SectionReader::read_one(std::string_view key, T& value, Convert convert) {
  const Key& row = take(key);
  const Entry* const written_here = entry(key);
  if (written_here == nullptr && row.required()) {
    errors_.add(where(key), key_path(section_, key),
                fmt::format("is missing, allowed: {}", allowed(row)));
    return;
  }
  auto result = written_here != nullptr ? convert(row, written_here->value)
                                        : convert(row, default_value(row, preset_));
  if (result) {
    value = static_cast<T>(*std::move(result));
  } else {
    errors_.add(where(key), key_path(section_, key), result.error());
  }
}

template <class T, class Convert>
void SectionReader::read_list(std::string_view key, std::vector<T>& value, Convert convert) {
  const Key& row = take(key);
  const Entry* const written_here = entry(key);
  const Node fallback = default_value(row, preset_);
  const auto list = list_value(row, written_here != nullptr ? written_here->value : fallback);
  if (!list) return errors_.add(where(key), key_path(section_, key), list.error());
  value.clear();
  for (const Node& each : **list) {
    auto element = convert(row, each);
    if (!element) errors_.add(each.at, key_path(section_, key), element.error());
    // An entry that is wrong keeps its place, so that later checks find the others at theirs.
    value.push_back(element ? *std::move(element) : T{});
  }
}

void SectionReader::read(std::string_view key, std::uint32_t& value) {
  PINION_CHECK(find_key(section_, key)->max <= std::numeric_limits<std::uint32_t>::max(),
               "the bounds of a key fit its member");
  read_one(key, value, number_value);
}

void SectionReader::read(std::string_view key, std::uint64_t& value) {
  read_one(key, value, number_value);
}

void SectionReader::read(std::string_view key, Duration& value) {
  std::uint64_t ms = static_cast<std::uint64_t>(to_ms(value));
  read_one(key, ms, number_value);
  value = std::chrono::milliseconds{static_cast<std::int64_t>(ms)};
}

void SectionReader::read(std::string_view key, std::string& value) {
  read_one(key, value, text_value);
}

void SectionReader::read(std::string_view key, Address& value) {
  read_one(key, value, address_value);
}

void SectionReader::read(std::string_view key, std::vector<Address>& value) {
  read_list(key, value, address_value);
}

void SectionReader::read(std::string_view key, std::vector<Cidr>& value) {
  read_list(key, value, network_value);
}

void SectionReader::read(std::string_view key, std::vector<IdPlace>& value) {
  read_list(key, value, id_place_value);
}

void SectionReader::read(std::string_view key, std::vector<std::string>& value) {
  read_list(key, value, path_end_value);
}

std::size_t SectionReader::read_choice(std::string_view key) {
  std::size_t index = 0;
  read_one(key, index, choice_value);
  return index;
}

const Node* SectionReader::table(Section child) {
  const SectionInfo& section = info(child);
  const Entry* const found = entry(section.name());
  if (found == nullptr) return nullptr;
  if (std::holds_alternative<Node::Table>(found->value.value)) return &found->value;
  errors_.add(found->key_at, header(section), misplaced_message(section, *found));
  return nullptr;
}

std::optional<std::vector<const Node*>> SectionReader::tables(Section child) {
  const SectionInfo& section = info(child);
  std::vector<const Node*> found;
  const Entry* const written_here = entry(section.name());
  if (written_here == nullptr) return found;
  const auto* const list = std::get_if<Node::List>(&written_here->value.value);
  if (list == nullptr || !all_tables(*list)) {
    errors_.add(written_here->key_at, header(section), misplaced_message(section, *written_here));
    return std::nullopt;
  }
  if (list->size() > section.most) {
    errors_.add((*list)[section.most].at, header(section),
                fmt::format("there are {}, allowed: at most {}", list->size(), section.most));
  }
  for (const Node& each : *list) found.push_back(&each);
  return found;
}

bool SectionReader::finish() {
  const auto rows = keys_of(section_);
  PINION_CHECK(taken_.size() == rows.size(), "every row of the table of keys is read");
  if (table_ == nullptr) return true;
  bool all_known = true;
  const auto inner = children(section_);
  for (const Entry& each : *table_) {
    const bool is_child = std::any_of(inner.begin(), inner.end(), [&](const SectionInfo* child) {
      return child->name() == each.key;
    });
    if (is_child || find_key(section_, each.key) != nullptr) continue;
    errors_.add(each.key_at, unknown_path(section_, each), unknown_message(section_, each));
    all_known = false;
  }
  return all_known;
}

}  // namespace pinion::config
