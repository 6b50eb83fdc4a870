#include "http/body_reader.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "http/chars.h"

namespace pinion::http {
namespace {

constexpr std::uint32_t kMaxSizeDigits = 16;

std::uint64_t hex_value(char c) noexcept {
  if (c <= '9') return static_cast<unsigned char>(c - '0');
  return static_cast<unsigned char>((c | 0x20) - 'a' + 10);
}

}  // namespace

BodyReader::State BodyReader::start_of(Framing framing) noexcept {
  switch (framing.kind) {
    case Framing::Kind::none:
      return State::done;
    case Framing::Kind::length:
      return framing.length == 0 ? State::done : State::payload;
    case Framing::Kind::chunked:
      return State::first_digit;
    case Framing::Kind::until_close:
      break;
  }
  return State::payload;
}

BodyReader::BodyReader(Framing framing) noexcept
    : kind_(framing.kind),
      state_(start_of(framing)),
      remaining_(framing.kind == Framing::Kind::length ? framing.length : 0) {}

BodyReader::Step BodyReader::next(std::string_view in) noexcept {
  Step step;
  while (step.consumed < in.size() && state_ != State::done && state_ != State::failed) {
    if (takes_payload()) {
      step.data = take_payload(in.substr(step.consumed));
      step.consumed += step.data.size();
      break;
    }
    state_ = after(in[step.consumed]);
    if (state_ != State::failed) ++step.consumed;
  }
  step.malformed = state_ == State::failed;
  return step;
}

std::string_view BodyReader::take_payload(std::string_view in) noexcept {
  std::string_view data = in;
  if (kind_ != Framing::Kind::until_close) {
    if (remaining_ < data.size()) data = data.substr(0, static_cast<std::size_t>(remaining_));
    remaining_ -= data.size();
    if (remaining_ == 0) state_ = state_ == State::payload ? State::done : State::data_cr;
  }
  received_ += data.size();
  return data;
}

BodyReader::State BodyReader::after(char c) noexcept {
  const auto expect = [c](char wanted, State then) { return c == wanted ? then : State::failed; };
  switch (state_) {
    case State::first_digit:
      remaining_ = 0;
      line_bytes_ = 0;
      return is_class(c, kHexChar) ? after_size_digit(c) : State::failed;
    case State::size:
      if (is_class(c, kHexChar)) return after_size_digit(c);
      return after_size(c);
    case State::size_space:
      return after_size(c);
    case State::extension:
      if (c == '\r') return State::size_lf;
      return is_class(c, kTextChar) && ++line_bytes_ <= kMaxChunkLine ? State::extension
                                                                      : State::failed;
    case State::size_lf:
      line_bytes_ = 0;
      return expect('\n', remaining_ == 0 ? State::trailer_start : State::chunk_data);
    case State::data_cr:
      return expect('\r', State::data_lf);
    case State::data_lf:
      return expect('\n', State::first_digit);
    case State::trailer_start:
    case State::trailer_name:
    case State::trailer_value:
      return after_trailer(c);
    case State::trailer_lf:
      return expect('\n', State::trailer_start);
    case State::final_lf:
      return expect('\n', State::done);
    case State::payload:
    case State::chunk_data:
    case State::done:
    case State::failed:
      break;
  }
  return State::failed;
}

BodyReader::State BodyReader::after_size_digit(char c) noexcept {
  if (++line_bytes_ > kMaxSizeDigits) return State::failed;
  remaining_ = remaining_ << 4U | hex_value(c);
  return State::size;
}

BodyReader::State BodyReader::after_size(char c) noexcept {
  if (c == '\r') return State::size_lf;
  if (c == ';') return State::extension;
  const bool space = c == ' ' || c == '\t';
  return space && ++line_bytes_ <= kMaxChunkLine ? State::size_space : State::failed;
}

BodyReader::State BodyReader::after_trailer(char c) noexcept {
  if (++line_bytes_ > kMaxTrailers) return State::failed;
  if (state_ == State::trailer_value) {
    if (c == '\r') return State::trailer_lf;
    return is_class(c, kTextChar) ? State::trailer_value : State::failed;
  }
  if (state_ == State::trailer_start && c == '\r') return State::final_lf;
  if (state_ == State::trailer_name && c == ':') return State::trailer_value;
  return is_class(c, kTokenChar) ? State::trailer_name : State::failed;
}

bool BodyReader::done() const noexcept { return state_ == State::done; }

bool BodyReader::finish_at_close() noexcept {
  if (kind_ == Framing::Kind::until_close && state_ == State::payload) state_ = State::done;
  return done();
}

ChunkSizeLine chunk_size_line(std::uint64_t payload_size) noexcept {
  ChunkSizeLine line{};
  const auto digits =
      std::to_chars(std::begin(line.bytes), std::end(line.bytes) - 2, payload_size, 16);
  std::memcpy(digits.ptr, "\r\n", 2);
  line.size = static_cast<std::size_t>(digits.ptr - line.bytes) + 2;
  return line;
}

}  // namespace pinion::http
