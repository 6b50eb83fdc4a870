#include "config/key_text.h"

#include <fmt/format.h>

#include "base/check.h"
#include "config/id_place.h"
#include "config/units.h"

namespace pinion::config {
namespace {

using std::chrono::milliseconds;

std::string or_zero(const Key& key, std::string text) {
  if (key.zero.empty()) return text;
  return fmt::format("{}, or {} ({})", text, toml_value(key, number_text(key, 0)), key.zero);
}

/// Whether the value of a key of this type is text, so that nothing is "" and not 0.
bool is_text(Type type) {
  return type != Type::integer && type != Type::size && type != Type::duration;
}

/// The forms of an address, or nothing for a key of another type.
std::string_view entry_forms(Type type) {
  switch (type) {
    case Type::listen_address:
    case Type::listen_addresses:
      return "\"IP:PORT\", \"[IPv6]:PORT\" or \"unix:/PATH\"";
    case Type::backend_address:
    case Type::backend_addresses:
      return "\"HOST:PORT\", \"[IPv6]:PORT\" or \"unix:/PATH\"";
    case Type::networks:
      return "\"IP\", \"IP/PREFIX\" or \"unix:\"";
    case Type::id_places:
      return kIdPlaceForms;
    case Type::path_ends:
      return "the end of a path such as \"/login\"";
    default:
      return {};
  }
}

std::string allowed_besides_zero(const Key& key) {
  switch (key.type) {
    case Type::integer:
      return fmt::format("{} to {}", key.min, key.max);
    case Type::size:
    case Type::duration:
      return fmt::format("{} to {}", toml_value(key, number_text(key, key.min)),
                         toml_value(key, number_text(key, key.max)));
    case Type::choice: {
      std::string words;
      for (const auto word : key.choices) {
        if (!word.empty()) words += fmt::format("{}\"{}\"", words.empty() ? "" : ", ", word);
      }
      return words;
    }
    case Type::name:
      return fmt::format("{} to {} letters, digits, and . _ -", key.min, key.max);
    case Type::host:
      return "a host name or address without a port";
    case Type::url_path:
    case Type::socketio_path:
      return "a path such as \"/app/\"";
    case Type::file_path:
      return "the path of a file";
    case Type::cookie_name:
      return fmt::format("{} to {} letters, digits, and ! # $ % & ' * + - . ^ _ ` | ~", key.min,
                         key.max);
    case Type::listen_address:
    case Type::backend_address:
      return std::string(entry_forms(key.type));
    case Type::listen_addresses:
    case Type::backend_addresses:
    case Type::networks:
    case Type::id_places:
    case Type::path_ends: {
      const auto count = key.min == 0 ? fmt::format("at most {}", key.max)
                                      : fmt::format("{} to {}", key.min, key.max);
      return fmt::format("a list of {}, each {}", count, entry_forms(key.type));
    }
  }
  return {};
}

}  // namespace

std::string header(const SectionInfo& section) {
  return section.repeated() ? fmt::format("[[{}]]", section.path)
                            : fmt::format("[{}]", section.path);
}

std::string key_path(Section section, std::string_view name) {
  return fmt::format("[{}].{}", info(section).path, name);
}

std::string number_text(const Key& key, std::uint64_t number) {
  if (key.type == Type::duration)
    return format_duration(milliseconds{static_cast<std::int64_t>(number)});
  if (key.type == Type::size) return format_size(number);
  return is_text(key.type) ? std::string() : fmt::format("{}", number);
}

std::string help_text(const Key& key) {
  return std::string(key.help) + (key.restart ? " A change needs a restart." : "");
}

std::string allowed(const Key& key) { return or_zero(key, allowed_besides_zero(key)); }

std::string allowed_entry(const Key& key) {
  const auto forms = entry_forms(key.type);
  return forms.empty() ? allowed(key) : std::string(forms);
}

std::string toml_value(const Key& key, std::string_view text) {
  if (is_list(key.type) && text.empty()) return "[]";
  return toml_value(key, std::span(&text, 1));
}

std::string toml_value(const Key& key, std::span<const std::string_view> texts) {
  if (is_list(key.type))
    return texts.empty() ? "[]" : fmt::format("[\"{}\"]", fmt::join(texts, "\", \""));
  PINION_CHECK(texts.size() == 1, "what is no list is one text");
  return key.type == Type::integer ? std::string(texts[0]) : fmt::format("\"{}\"", texts[0]);
}

std::string comment(std::string_view text) {
  constexpr std::size_t kWidth = kTextWidth - std::string_view("# ").size();
  std::string lines;
  while (!text.empty()) {
    auto length = text.size();
    if (length > kWidth) {
      length = text.rfind(' ', kWidth);
      if (length == std::string_view::npos) length = text.size();
    }
    lines += fmt::format("# {}\n", text.substr(0, length));
    text.remove_prefix(length == text.size() ? length : length + 1);
  }
  return lines;
}

}  // namespace pinion::config
