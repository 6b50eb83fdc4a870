#include "http/head_text.h"

#include "base/ascii.h"
#include "base/check.h"

namespace pinion::http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

}  // namespace

std::string_view target_of(std::string_view head) noexcept {
  const auto begin = head.find(' ') + 1;
  return head.substr(begin, head.find(' ', begin) - begin);
}

void set_method(std::string& head, std::string_view method) {
  head.replace(0, head.find(' '), method);
}

void set_target(std::string& head, std::string_view target) {
  const std::string_view present = target_of(head);
  head.replace(static_cast<std::size_t>(present.data() - head.data()), present.size(), target);
}

void drop_field(std::string& head, std::string_view name) {
  auto at = head.find(kLineEnd) + kLineEnd.size();
  while (at < head.size()) {
    const auto end = head.find(kLineEnd, at) + kLineEnd.size();
    const auto colon = head.find(':', at);
    if (colon < end && iequals(std::string_view(head).substr(at, colon - at), name)) {
      head.erase(at, end - at);
    } else {
      at = end;
    }
  }
}

void add_field(std::string& head, std::string_view name, std::string_view value) {
  PINION_CHECK(head.ends_with("\r\n\r\n"), "a head ends with an empty line");
  head.resize(head.size() - kLineEnd.size());
  head.append(name).append(": ").append(value).append("\r\n\r\n");
}

}  // namespace pinion::http
