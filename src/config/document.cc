#include "config/document.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/error.h"

namespace pinion::config {
namespace {

struct Describe {
  std::string operator()(const OtherValue& other) const { return std::string(other.what); }
  std::string operator()(bool value) const {
    return value ? "the boolean true" : "the boolean false";
  }
  std::string operator()(std::int64_t value) const { return fmt::format("the number {}", value); }
  std::string operator()(const std::string& value) const {
    return "the string " + in_quotes(value);
  }
  std::string operator()(const Node::List& /*list*/) const { return "a list"; }
  std::string operator()(const Node::Table& /*table*/) const { return "a table"; }
};

}  // namespace

bool all_tables(const Node::List& list) {
  return std::all_of(list.begin(), list.end(), [](const Node& each) {
    return std::holds_alternative<Node::Table>(each.value);
  });
}

std::string describe(const Node& node) { return std::visit(Describe{}, node.value); }

}  // namespace pinion::config
