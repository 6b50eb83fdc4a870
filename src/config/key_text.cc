#include "config/key_text.h"

#include <fmt/format.h>

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
      for (const auto word : key.choices)
        words += fmt::format("{}\"{}\"", words.empty() ? "" : ", ", word);
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
    case Type::listen_address:
    case Type::backend_address:
      return std::string(entry_forms(key.type));
    case Type::listen_addresses:
    case Type::backend_addresses:
    case Type::networks: {
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
  switch (key.type) {
    case Type::integer:
      return std::string(text);
    case Type::listen_addresses:
    case Type::backend_addresses:
    case Type::networks:
      return text.empty() ? "[]" : fmt::format("[\"{}\"]", text);
    default:
      return fmt::format("\"{}\"", text);
  }
}

}  // namespace pinion::config
