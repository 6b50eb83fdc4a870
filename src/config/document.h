// A parsed TOML file without the parser: tables, lists and values with their places. It keeps the
// TOML library out of everything but load.cc.
//
// Threads: values. Lifetime: owns all of its text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/position.h"

namespace pinion::config {

struct Entry;

/// A kind of value that no key takes; `what` names it for messages ("a date").
struct OtherValue {
  std::string_view what;
};

struct Node {
  using List = std::vector<Node>;
  using Table = std::vector<Entry>;

  Position at;
  std::variant<OtherValue, bool, std::int64_t, std::string, List, Table> value;
};

/// A key of a table and its value.
struct Entry {
  std::string key;
  Position key_at;
  Node value;
};

/// Whether a list holds nothing but tables, as [[x]] makes it.
bool all_tables(const Node::List& list);

/// What a node is, for messages: "a list", "the string \"x\"", "the number 7".
std::string describe(const Node& node);

}  // namespace pinion::config
