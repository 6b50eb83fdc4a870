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

std::string allowed_list(const Key& key, std::string_view what) {
  return key.min == 0 ? fmt::format("at most {} of {}", key.max, what)
                      : fmt::format("{} to {} of {}", key.min, key.max, what);
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
      return "\"IP:PORT\", \"[IPv6]:PORT\" or \"unix:/PATH\"";
    case Type::listen_addresses:
      return allowed_list(key, "\"IP:PORT\", \"[IPv6]:PORT\", \"unix:/PATH\"");
    case Type::backend_address:
      return "\"HOST:PORT\", \"[IPv6]:PORT\" or \"unix:/PATH\"";
    case Type::backend_addresses:
      return allowed_list(key, "\"HOST:PORT\", \"[IPv6]:PORT\", \"unix:/PATH\"");
    case Type::networks:
      return allowed_list(key, "\"IP\", \"IP/PREFIX\", \"unix:\"");
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

std::string allowed(const Key& key) { return or_zero(key, allowed_besides_zero(key)); }

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
