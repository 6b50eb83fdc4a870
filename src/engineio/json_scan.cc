#include "engineio/json_scan.h"

#include <algorithm>
#include <charconv>

#include "engineio/string_decoder.h"

namespace pinion::engineio {
namespace {

bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_decimal(char c) noexcept { return c >= '0' && c <= '9'; }

/// Of a string, what stands for itself.
bool is_plain(char c) noexcept {
  return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
}

/// How many leading characters `fits` takes.
std::size_t span(std::string_view text, bool (*fits)(char) noexcept) noexcept {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, fits) - text.begin());
}

}  // namespace

std::nullopt_t JsonObjectReader::fail() noexcept {
  state_ = State::failed;
  return std::nullopt;
}

std::optional<std::string_view> JsonObjectReader::next_member() {
  if (state_ == State::done || state_ == State::failed) return std::nullopt;
  const bool first = state_ == State::before;
  skip_space();
  if (first && !take('{')) return fail();
  state_ = State::inside;
  skip_space();
  if (take('}')) {
    skip_space();
    if (!rest_.empty()) return fail();
    state_ = State::done;
    return std::nullopt;
  }
  if (!first && !take(',')) return fail();
  skip_space();
  name_.clear();
  if (!take_string(&name_)) return fail();
  skip_space();
  if (!take(':')) return fail();
  skip_space();
  return name_;
}

std::optional<std::string> JsonObjectReader::string_value() {
  if (rest_.empty() || rest_.front() != '"') {
    skip_value();
    return std::nullopt;
  }
  std::string decoded;
  if (!take_string(&decoded)) return fail();
  return decoded;
}

std::optional<double> JsonObjectReader::number_value() {
  const std::string_view from = rest_;
  if (!take_number()) {
    rest_ = from;
    skip_value();
    return std::nullopt;
  }
  const std::string_view digits = from.substr(0, from.size() - rest_.size());
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

void JsonObjectReader::skip_value() {
  if (state_ != State::inside || !take_value(1)) state_ = State::failed;
}

void JsonObjectReader::skip_space() noexcept { rest_.remove_prefix(span(rest_, is_space)); }

bool JsonObjectReader::take(char c) noexcept {
  if (rest_.empty() || rest_.front() != c) return false;
  rest_.remove_prefix(1);
  return true;
}

bool JsonObjectReader::take_word(std::string_view word) noexcept {
  if (!rest_.starts_with(word)) return false;
  rest_.remove_prefix(word.size());
  return true;
}

bool JsonObjectReader::take_digits() noexcept {
  const std::size_t count = span(rest_, is_decimal);
  rest_.remove_prefix(count);
  return count > 0;
}

bool JsonObjectReader::take_number() noexcept {
  take('-');
  if (!take('0') && !take_digits()) return false;
  if (take('.') && !take_digits()) return false;
  if (take('e') || take('E')) {
    if (!take('+')) take('-');
    return take_digits();
  }
  return true;
}

bool JsonObjectReader::take_string(std::string* decoded) {
  if (!take('"')) return false;
  // Nearly all strings say what they mean; the others are decoded from their beginning.
  const std::size_t plain = span(rest_, is_plain);
  if (plain < rest_.size() && rest_[plain] == '"') {
    if (decoded != nullptr) decoded->append(rest_, 0, plain);
    rest_.remove_prefix(plain + 1);
    return true;
  }
  StringDecoder literal{StringDecoder::Language::json};
  for (std::size_t i = 0; i < rest_.size(); ++i) {
    Piece piece;
    const auto status = literal.push(rest_[i], piece);
    if (status == StringDecoder::Status::bad) return false;
    if (decoded != nullptr) decoded->append(piece.view());
    if (status == StringDecoder::Status::closed) {
      rest_.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

bool JsonObjectReader::take_value(std::size_t depth) {
  if (rest_.empty()) return false;
  switch (rest_.front()) {
    case '"':
      return take_string(nullptr);
    case '{':
    case '[': {
      const char close = rest_.front() == '{' ? '}' : ']';
      rest_.remove_prefix(1);
      return depth < kMaxJsonDepth && take_members(close, depth + 1);
    }
    case 't':
      return take_word("true");
    case 'f':
      return take_word("false");
    case 'n':
      return take_word("null");
    default:
      return take_number();
  }
}

bool JsonObjectReader::take_members(char close, std::size_t depth) {
  skip_space();
  if (take(close)) return true;
  do {
    skip_space();
    if (close == '}') {
      if (!take_string(nullptr)) return false;
      skip_space();
      if (!take(':')) return false;
      skip_space();
    }
    if (!take_value(depth)) return false;
    skip_space();
  } while (take(','));
  return take(close);
}

}  // namespace pinion::engineio
