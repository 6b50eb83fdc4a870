#include "config/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "config/assemble.h"
#include "config/check.h"
#include "config/document.h"
#include "config/key_table.h"
#include "config/syntax.h"
#include "config/text_file.h"

// Debian's library of toml++ is built with exceptions, and other settings do not link with it.
// Its assertions are off, in every build: some fail for files that are merely wrong ("[[[pool]]]",
// its issue 294), where the code behind them reports an error as it should. With NDEBUG they would
// become assumptions of the compiler.
#undef NDEBUG
#define TOML_ASSERT(condition) static_cast<void>(0)
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace pinion::config {
namespace {

constexpr std::size_t kLongestFile = 1 << 20;
// No key is deeper than three tables, so what lies deeper is unknown anyway.
constexpr int kDeepest = 16;

Position to_position(const toml::source_position& at) { return {at.line, at.column}; }

Node to_node(const toml::node& from, int depth);

Node::Table to_table(const toml::table& from, int depth) {
  Node::Table table;
  for (const auto& [key, value] : from) {
    table.push_back(
        {std::string(key.str()), to_position(key.source().begin), to_node(value, depth)});
  }
  return table;
}

Node::List to_list(const toml::array& from, int depth) {
  Node::List list;
  for (const auto& element : from) list.push_back(to_node(element, depth));
  return list;
}

std::string_view other_kind(const toml::node& node) {
  if (node.is_floating_point()) return "a number with a fraction";
  return node.is_table() || node.is_array() ? "a deeply nested value" : "a date or time";
}

Node to_node(const toml::node& from, int depth) {
  Node node{to_position(from.source().begin), OtherValue{other_kind(from)}};
  if (const auto* const text = from.as_string()) {
    node.value = text->get();
  } else if (const auto* const number = from.as_integer()) {
    node.value = number->get();
  } else if (const auto* const boolean = from.as_boolean()) {
    node.value = boolean->get();
  } else if (const auto* const table = from.as_table(); table != nullptr && depth < kDeepest) {
    node.value = to_table(*table, depth + 1);
  } else if (const auto* const list = from.as_array(); list != nullptr && depth < kDeepest) {
    node.value = to_list(*list, depth + 1);
  }
  return node;
}

std::optional<Node> parse_toml(std::string_view text, ErrorList& errors) {
  if (auto fatal = fatal_to_parser(text)) {
    errors.add(fatal->at, "", std::move(fatal->message));
    return std::nullopt;
  }
  const auto parsed = toml::parse(text);
  if (parsed) return to_node(parsed.table(), 0);
  const auto& error = parsed.error();
  errors.add(to_position(error.source().begin), "", syntax_message(error.description()));
  return std::nullopt;
}

void resolve_workers(unsigned& workers) {
  if (workers > 0) return;
  const auto most = static_cast<unsigned>(find_key(Section::proxy, "workers")->max);
  workers = std::clamp(std::thread::hardware_concurrency(), 1U, most);
}

}  // namespace

Loaded load_text(std::string_view text, const std::string& file_name) {
  ErrorList errors(file_name);
  const auto file = parse_toml(text, errors);
  if (!file) return std::unexpected(errors.take());
  Draft draft = assemble(*file, errors);
  check(draft, errors);
  if (!errors.empty()) return std::unexpected(errors.take());
  resolve_workers(draft.config.proxy.workers);
  return std::move(draft.config);
}

Loaded load_file(const std::string& path) {
  const auto text = read_text_file(path, kLongestFile);
  if (text) return load_text(*text, path);
  std::string message = text.error();
  if (std::error_code ignored; !std::filesystem::exists(path, ignored)) {
    message += "; -c FILE names another one, pinion config prints one to begin with";
  }
  return std::unexpected(std::vector{ConfigError{path, {}, "", message}});
}

}  // namespace pinion::config
