#include "config/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>

#include "base/ascii.h"
#include "base/check.h"
#include "config/address.h"
#include "config/cidr.h"
#include "config/error.h"
#include "config/id_place.h"
#include "config/key_rows.h"
#include "config/key_text.h"
#include "config/nearest.h"
#include "config/presets.h"
#include "config/text_rules.h"
#include "config/units.h"

namespace pinion::config {
namespace {

std::unexpected<std::string> wrong_entry(const Key& key, std::string_view what) {
  return std::unexpected(fmt::format("{}, allowed: {}", what, allowed_entry(key)));
}

std::unexpected<std::string> wrong(const Key& key, std::string_view what) {
  return std::unexpected(fmt::format("{}, allowed: {}", what, allowed(key)));
}

/// What a number without a unit most likely meant. People count time in seconds and memory in
/// bytes.
std::string with_unit(const Key& key, std::int64_t number) {
  if (number < 0) return {};
  const auto value = static_cast<std::uint64_t>(number);
  const auto text = key.type == Type::duration ? fmt::format("{}s", value) : format_size(value);
  return fmt::format(", write \"{}\"", text);
}

Value<std::uint64_t> unbounded(const Key& key, const Node& node) {
  const auto* const number = std::get_if<std::int64_t>(&node.value);
  const auto* const text = std::get_if<std::string>(&node.value);
  if (key.type == Type::integer) {
    if (number == nullptr)
      return wrong(key, fmt::format("{} is not a whole number", describe(node)));
    if (*number < 0) return wrong(key, fmt::format("{} is too small", *number));
    return static_cast<std::uint64_t>(*number);
  }
  if (number != nullptr) {
    const auto* const lack = *number == 0 ? "is not in quotes" : "has no unit";
    return wrong(key, fmt::format("{} {}{}", *number, lack, with_unit(key, *number)));
  }
  if (text == nullptr) return wrong(key, describe(node) + " is not a text in quotes");
  if (key.type == Type::duration) {
    const auto duration = parse_duration(*text);
    if (!duration) return wrong(key, duration.error());
    return static_cast<std::uint64_t>(to_ms(*duration));
  }
  const auto size = parse_size(*text);
  if (!size) return wrong(key, size.error());
  return *size;
}

Value<std::string_view> quoted_text(const Key& key, const Node& node) {
  const auto* const text = std::get_if<std::string>(&node.value);
  if (text == nullptr) return wrong_entry(key, describe(node) + " is not a text in quotes");
  return std::string_view(*text);
}

template <class T>
Value<T> explained(const Key& key, Value<T> value) {
  if (!value) return wrong_entry(key, value.error());
  return value;
}

}  // namespace

Value<std::uint64_t> number_value(const Key& key, const Node& node) {
  const auto number = unbounded(key, node);
  if (!number || (*number == 0 && !key.zero.empty())) return number;
  if (*number < key.min) return wrong(key, number_text(key, *number) + " is too small");
  if (*number > key.max) return wrong(key, number_text(key, *number) + " is too large");
  return number;
}

Value<std::size_t> choice_value(const Key& key, const Node& node) {
  const auto word = quoted_text(key, node);
  if (!word) return std::unexpected(word.error());
  const auto found = std::find(key.choices.begin(), key.choices.end(), *word);
  if (found != key.choices.end()) return static_cast<std::size_t>(found - key.choices.begin());
  auto what = in_quotes(*word) + " is unknown";
  if (const auto meant = nearest(*word, key.choices))
    what += fmt::format(" (did you mean \"{}\"?)", *meant);
  return wrong(key, what);
}

Value<std::string> text_value(const Key& key, const Node& node) {
  const auto text = quoted_text(key, node);
  if (!text) return std::unexpected(text.error());
  if (text->empty()) {
    if (!key.zero.empty()) return std::string();
    return wrong(key, "\"\" is empty");
  }
  if (text->size() > key.max) {
    return wrong(key, fmt::format("{} has {} bytes, {} are possible", in_quotes(*text),
                                  text->size(), key.max));
  }
  return explained(key, canonical_text(key.type, *text));
}

Value<Address> address_value(const Key& key, const Node& node) {
  const auto text = quoted_text(key, node);
  if (!text) return std::unexpected(text.error());
  if (text->empty() && !key.zero.empty()) return Address{};
  const bool listens = key.type == Type::listen_address || key.type == Type::listen_addresses;
  return explained(key, listens ? parse_listen_address(*text) : parse_backend_address(*text));
}

Value<Cidr> network_value(const Key& key, const Node& node) {
  const auto text = quoted_text(key, node);
  if (!text) return std::unexpected(text.error());
  return explained(key, parse_cidr(*text));
}

Value<IdPlace> id_place_value(const Key& key, const Node& node) {
  const auto text = quoted_text(key, node);
  if (!text) return std::unexpected(text.error());
  return explained(key, parse_id_place(*text));
}

Value<std::string> path_end_value(const Key& key, const Node& node) {
  const auto text = quoted_text(key, node);
  if (!text) return std::unexpected(text.error());
  if (text->empty()) return wrong_entry(key, "\"\" is empty");
  if (text->size() > kLongestUrlPath) {
    return wrong_entry(key, fmt::format("{} has {} bytes, {} are possible", in_quotes(*text),
                                        text->size(), kLongestUrlPath));
  }
  return explained(key, canonical_text(key.type, *text));
}

Value<const Node::List*> list_value(const Key& key, const Node& node) {
  const auto* const list = std::get_if<Node::List>(&node.value);
  if (const auto* const text = std::get_if<std::string>(&node.value)) {
    return wrong(key,
                 fmt::format("{} is not a list, write [{}]", in_quotes(*text), in_quotes(*text)));
  }
  if (list == nullptr) return wrong(key, describe(node) + " is not a list");
  if (list->size() < key.min) return wrong(key, "the list is empty");
  if (list->size() > key.max)
    return wrong(key, fmt::format("the list has {} entries", list->size()));
  return list;
}

Node default_value(const Key& key, Preset preset) {
  const PresetKey* const row = find_preset_key(preset, key);
  const std::span<const std::string_view> texts =
      row != nullptr ? row->values : std::span(&key.fallback, 1);
  if (is_list(key.type)) {
    Node::List list;
    for (const auto text : texts) {
      if (!text.empty()) list.emplace_back().value = std::string(text);
    }
    return {.value = std::move(list)};
  }
  if (key.type != Type::integer) return {.value = std::string(texts.front())};
  const auto number = parse_decimal(texts.front());
  PINION_CHECK(number, "the default of an integer is an integer");
  return {.value = static_cast<std::int64_t>(*number)};
}

}  // namespace pinion::config
