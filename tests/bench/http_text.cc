#include "http_text.h"

#include <algorithm>
#include <charconv>

namespace pinion::bench {
namespace {

constexpr std::string_view kLineEnd = "\r\n", kHeadEnd = "\r\n\r\n";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool has_name(std::string_view line, std::string_view name) {
  return line.size() > name.size() && line[name.size()] == ':' &&
         std::equal(name.begin(), name.end(), line.begin(),
                    [](char wanted, char there) { return wanted == lower(there); });
}

}  // namespace

std::string_view field(const Message& message, std::string_view name) {
  std::string_view rest = message.fields;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(kLineEnd), rest.size());
    auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + kLineEnd.size(), rest.size()));
    if (!has_name(line, name)) continue;
    line.remove_prefix(name.size() + 1);
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    return line;
  }
  return {};
}

std::optional<Message> read_message(std::string_view bytes) {
  const auto head = bytes.find(kHeadEnd);
  if (head == std::string_view::npos) return std::nullopt;
  const auto line = bytes.find(kLineEnd);
  Message out{.first_line = bytes.substr(0, line), .fields = {}, .body = {}, .size = 0};
  if (line < head) out.fields = bytes.substr(line + kLineEnd.size(), head - line - kLineEnd.size());
  const auto stated = field(out, "content-length");
  std::size_t length = 0;
  std::from_chars(stated.data(), stated.data() + stated.size(), length);
  out.size = head + kHeadEnd.size() + length;
  if (bytes.size() < out.size) return std::nullopt;
  out.body = bytes.substr(head + kHeadEnd.size(), length);
  return out;
}

std::string_view second_word(const Message& message) {
  auto line = message.first_line;
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return {};
  line.remove_prefix(space + 1);
  return line.substr(0, line.find(' '));
}

std::string_view query_value(std::string_view target, std::string_view name) {
  auto begin = target.find('?');
  while (begin != std::string_view::npos) {
    auto pair = target.substr(begin + 1);
    const auto end = pair.find('&');
    begin = end == std::string_view::npos ? end : begin + 1 + end;
    pair = pair.substr(0, end);
    if (pair.starts_with(name) && pair.substr(name.size()).starts_with('=')) {
      return pair.substr(name.size() + 1);
    }
  }
  return {};
}

}  // namespace pinion::bench
