// The pairs of a query, `name=value&name=value`, one after the other and as they are written.
//
// Threads: one worker's.
// Lifetime: what is given out points into the query.
// Invariants: the pairs, joined by `&`, are the query; empty ones are pairs too.
#pragma once

#include <string_view>

namespace pinion::http {

struct QueryPair {
  std::string_view text;         // the whole pair
  std::string_view name, value;  // still encoded; the value of a pair without `=` is empty
};

class QueryReader {
 public:
  explicit QueryReader(std::string_view query) noexcept : rest_(query), more_(!query.empty()) {}

  /// Takes the next pair. @returns false when there is none left
  bool next(QueryPair& pair) noexcept;

 private:
  std::string_view rest_;
  bool more_;
};

/// The same of what is longer than the text, and so may be it with escapes.
bool decodes_to(std::string_view encoded, std::string_view text);

/// Whether `encoded` decodes to `text`, which has no space in it (`+` is one in a query).
inline bool reads_as(std::string_view encoded, std::string_view text) {
  if (encoded.size() <= text.size()) return encoded == text;
  return decodes_to(encoded, text);
}

}  // namespace pinion::http
