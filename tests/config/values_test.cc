#include "config/values.h"

#include <doctest/doctest.h>

#include "config/key_text.h"

namespace pinion::config {
namespace {

bool is_number(const Key& key) {
  return key.type == Type::integer || key.type == Type::size || key.type == Type::duration;
}

Node number_node(const Key& key, std::uint64_t number) {
  if (key.type == Type::integer) return {.value = static_cast<std::int64_t>(number)};
  return {.value = number_text(key, number)};
}

Node node(const char* text) { return {.value = std::string(text)}; }
const Key& key(Section section, const char* name) { return *find_key(section, name); }

}  // namespace

TEST_CASE("every number is taken from its lower to its upper bound, and not beyond") {
  for (const Key& each : keys()) {
    if (!is_number(each)) continue;
    CAPTURE(key_path(each.section, each.name));
    CHECK(number_value(each, number_node(each, each.min)) == each.min);
    CHECK(number_value(each, number_node(each, each.max)) == each.max);
    CHECK(number_value(each, number_node(each, each.max + 1))
              .error()
              .find("is too large, allowed: ") != std::string::npos);
    if (each.min > 1) {
      CHECK(number_value(each, number_node(each, each.min - 1))
                .error()
                .find("is too small, allowed: ") != std::string::npos);
    }
    CHECK(number_value(each, number_node(each, 0)).has_value() == !each.zero.empty());
  }
}

TEST_CASE("a number without its unit is answered with what to write") {
  const Key& time = key(Section::timeouts, "connect");
  const Key& size = key(Section::limits, "body");
  const auto error = [](const Key& of, std::int64_t number) {
    return number_value(of, Node{.value = number}).error();
  };
  CHECK(error(time, 2) == "2 has no unit, write \"2s\", allowed: \"10ms\" to \"1m\"");
  CHECK(error(time, -2) == "-2 has no unit, allowed: \"10ms\" to \"1m\"");
  CHECK(error(size, 65536).find("65536 has no unit, write \"64KiB\", allowed: ") == 0);
  CHECK(error(size, 0).find("0 is not in quotes, write \"0\", allowed: ") == 0);
  CHECK(error(key(Section::proxy, "workers"), -1).find("-1 is too small") == 0);
}

TEST_CASE("a value of another kind is named for what it is") {
  const Key& workers = key(Section::proxy, "workers");
  CHECK(number_value(workers, node("4")).error().find("the string \"4\" is not a whole number") ==
        0);
  CHECK(number_value(workers, Node{.value = true}).error().find("the boolean true is") == 0);
  const Node number{.value = std::int64_t{3}};
  CHECK(text_value(key(Section::pool, "name"), number).error().find("the number 3 is not a text") ==
        0);
  CHECK(choice_value(key(Section::log, "level"), Node{.value = Node::List{}})
            .error()
            .find("a list is") == 0);
  const Key& listen = key(Section::proxy, "listen");
  CHECK(list_value(listen, node("a:1")).error().find("\"a:1\" is not a list, write [\"a:1\"]") ==
        0);
  CHECK(list_value(listen, Node{.value = Node::List{}}).error().find("the list is empty") == 0);
  const Node many{.value = Node::List(65, node("127.0.0.1:1"))};
  CHECK(list_value(listen, many)
            .error()
            .find("the list has 65 entries, allowed: a list of 1 to 64") == 0);
}

TEST_CASE("an unknown word of a choice is answered with the nearest one") {
  const Key& balance = key(Section::pool, "balance");
  CHECK(choice_value(balance, node("round_robin")) == 2U);
  CHECK(choice_value(balance, node("roundrobin")).error().find("(did you mean \"round_robin\"?)") !=
        std::string::npos);
  CHECK(choice_value(balance, node("hash")).error() ==
        "\"hash\" is unknown, allowed: \"least_load\", \"least_sessions\", \"round_robin\", "
        "\"random_two\"");
}

TEST_CASE("an empty text is taken where it means something, a long one nowhere") {
  for (const Key& each : keys()) {
    const bool plain = each.type == Type::name || each.type == Type::host ||
                       each.type == Type::file_path || each.type == Type::url_path ||
                       each.type == Type::socketio_path || each.type == Type::cookie_name;
    if (!plain) continue;
    CAPTURE(key_path(each.section, each.name));
    CHECK(text_value(each, node("")).has_value() == !each.zero.empty());
    const std::string longest = each.type == Type::host ? "" : "/" + std::string(each.max, 'a');
    const Node too_long{.value = longest.empty() ? std::string(each.max + 1, 'a') : longest};
    CHECK(text_value(each, too_long).error().find(" are possible, allowed: ") != std::string::npos);
  }
}

}  // namespace pinion::config
