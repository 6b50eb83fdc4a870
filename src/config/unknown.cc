#include "config/unknown.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "config/error.h"
#include "config/key_text.h"
#include "config/nearest.h"

namespace pinion::config {
namespace {

/// [x], or [[x]] and x = [{...}].
bool is_section(const Node& node) {
  if (std::holds_alternative<Node::Table>(node.value)) return true;
  const auto* const list = std::get_if<Node::List>(&node.value);
  return list != nullptr && !list->empty() && all_tables(*list);
}

/// The name as it can stand in a message; it may hold anything when it was quoted.
std::string shown(std::string_view name) {
  const auto bare =
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
  return bare == std::string_view::npos && !name.empty() ? std::string(name) : in_quotes(name);
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

/// The sections that know the name, as a key of theirs or as a section inside of them.
std::vector<std::string> homes(std::string_view name, bool as_section) {
  std::vector<std::string> found;
  for (const SectionInfo& section : sections()) {
    if (as_section && section.name() == name) found.push_back(header(section));
    if (!as_section && find_key(section.id, name) != nullptr) found.push_back(header(section));
  }
  return found;
}

std::optional<std::string> nearest_here(Section parent, std::string_view name, bool as_section) {
  std::vector<std::string_view> names;
  for (const Key& key : keys_of(parent)) names.push_back(key.name);
  const std::size_t key_count = names.size();
  for (const auto* const child : children(parent)) names.push_back(child->name());
  const auto found = nearest(name, names);
  if (!found) return std::nullopt;
  const auto index =
      static_cast<std::size_t>(std::find(names.begin(), names.end(), *found) - names.begin());
  if (index < key_count) return std::string(*found);
  const std::string section = header(*children(parent)[index - key_count]);
  return as_section ? section : fmt::format("the section {}", section);
}

/// The nearest key of any section.
std::optional<std::string> nearest_elsewhere(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Key& key : keys()) names.push_back(key.name);
  const auto found = nearest(name, names);
  if (!found) return std::nullopt;
  return fmt::format("{} in {}", *found, fmt::join(homes(*found, false), " or "));
}

std::string all_names(Section parent) {
  std::vector<std::string> names;
  for (const Key& key : keys_of(parent)) names.emplace_back(key.name);
  for (const auto* const child : children(parent)) names.push_back(header(*child));
  return joined(names, ", ");
}

}  // namespace

std::string unknown_path(Section parent, const Entry& entry) {
  const std::string prefix = parent == Section::file ? "" : std::string(info(parent).path) + ".";
  const std::string name = shown(entry.key);
  if (is_section(entry.value)) {
    const bool repeated = std::holds_alternative<Node::List>(entry.value.value);
    return repeated ? fmt::format("[[{}{}]]", prefix, name) : fmt::format("[{}{}]", prefix, name);
  }
  return parent == Section::file ? name : fmt::format("[{}].{}", info(parent).path, name);
}

std::string unknown_message(Section parent, const Entry& entry) {
  const bool as_section = is_section(entry.value);
  const std::string what = as_section ? "unknown section" : "unknown key";
  if (const auto meant = nearest_here(parent, entry.key, as_section)) {
    return fmt::format("{}, did you mean {}?", what, *meant);
  }
  if (const auto found = homes(entry.key, as_section); !found.empty()) {
    return as_section ? fmt::format("{}, did you mean {}?", what, joined(found, " or "))
                      : fmt::format("unknown key here, it belongs to {}", joined(found, " or "));
  }
  if (const auto meant = nearest_elsewhere(entry.key); meant && !as_section) {
    return fmt::format("unknown key, did you mean {}?", *meant);
  }
  return fmt::format("{}, allowed here: {}", what, all_names(parent));
}

std::string misplaced_message(const SectionInfo& section, const Entry& entry) {
  const auto* const list = std::get_if<Node::List>(&entry.value.value);
  const auto what = describe(entry.value);
  if (section.repeated() && std::holds_alternative<Node::Table>(entry.value.value)) {
    return fmt::format("is written [{}], write {}: double brackets, once for each", section.path,
                       header(section));
  }
  if (!section.repeated() && list != nullptr && all_tables(*list)) {
    return fmt::format("is written [[{}]], write {}: single brackets, once", section.path,
                       header(section));
  }
  std::vector<std::string_view> names;
  for (const Key& key : keys_of(section.parent)) names.push_back(key.name);
  if (const auto meant = nearest(section.name(), names)) {
    return fmt::format("{} is no section, did you mean the key {}?", what, *meant);
  }
  return fmt::format("{} is no section, write {} in a line of its own, and its keys below", what,
                     header(section));
}

}  // namespace pinion::config
