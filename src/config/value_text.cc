#include "config/value_text.h"

#include <fmt/format.h>

#include "config/cidr.h"
#include "config/id_place.h"
#include "config/key_text.h"

namespace pinion::config {
namespace {

template <class List, class ToText>
std::string joined(const List& list, ToText to_text_of) {
  std::string text;
  for (const auto& each : list) text += (text.empty() ? "" : ", ") + to_text_of(each);
  return text.empty() ? "none" : text;
}

}  // namespace

std::string value_text(const Key& key, std::uint64_t number) {
  const std::string text = number_text(key, number);
  return number == 0 && !key.zero.empty() ? fmt::format("{} ({})", text, key.zero) : text;
}

std::string value_text(const Key& key, Duration duration) {
  return value_text(key, static_cast<std::uint64_t>(to_ms(duration)));
}

std::string value_text(const Key& key, const std::string& text) {
  return text.empty() && !key.zero.empty() ? fmt::format("({})", key.zero) : text;
}

std::string value_text(const Key& key, const Address& address) {
  return value_text(key, address.text);
}

std::string value_text(const Key& /*key*/, const std::vector<Address>& addresses) {
  return joined(addresses, [](const Address& each) { return each.text; });
}

std::string value_text(const Key& /*key*/, const std::vector<Cidr>& networks) {
  return joined(networks, [](const Cidr& each) { return to_text(each); });
}

std::string value_text(const Key& /*key*/, const std::vector<IdPlace>& places) {
  return joined(places, [](const IdPlace& each) { return to_text(each); });
}

std::string value_text(const Key& /*key*/, const std::vector<std::string>& texts) {
  return joined(texts, [](const std::string& each) { return each; });
}

}  // namespace pinion::config
