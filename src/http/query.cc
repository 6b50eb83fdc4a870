#include "http/query.h"

#include "base/percent.h"

namespace pinion::http {

bool QueryReader::next(QueryPair& pair) noexcept {
  if (!more_) return false;
  const auto end = rest_.find('&');
  more_ = end != std::string_view::npos;
  pair.text = rest_.substr(0, end);
  rest_.remove_prefix(more_ ? end + 1 : rest_.size());
  const auto equals = pair.text.find('=');
  pair.name = pair.text.substr(0, equals);
  pair.value = equals == std::string_view::npos ? std::string_view{} : pair.text.substr(equals + 1);
  return true;
}

// A character takes three bytes at most, so what is longer is not decoded, nor is what has no
// escape: most names and values are compared, and that is all.
bool decodes_to(std::string_view encoded, std::string_view text) {
  if (encoded.size() < text.size() + 2 || encoded.size() > 3 * text.size()) return false;
  if (encoded.find('%') == std::string_view::npos) return false;
  return percent_decode(encoded, PlusMeans::space) == text;
}

}  // namespace pinion::http
