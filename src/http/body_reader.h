// The body of a message, decoded from the bytes that follow its head (RFC 9112, 6 and 7.1).
//
// Threads: one worker's.
// Lifetime: one message. It keeps no bytes: what it hands out lies in the input.
// Invariants: never consumes a byte that belongs to the next message; chunk sizes, extensions and
//   trailers are bounded; bare CR or LF are errors. The outcome does not depend on how the input is
//   cut.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/head.h"

namespace pinion::http {

/// Bytes of a chunk's size line, white space and extensions included.
inline constexpr std::size_t kMaxChunkLine = std::size_t{4} * 1024;
/// Bytes of all trailer fields of a body.
inline constexpr std::size_t kMaxTrailers = std::size_t{8} * 1024;

class BodyReader {
 public:
  explicit BodyReader(Framing framing) noexcept;

  struct Step {
    std::size_t consumed = 0;  // bytes of the input that are dealt with
    std::string_view data;     // payload among them (their end), or empty
    bool malformed = false;    // from now on; the connection can only be closed
  };
  /// Takes in what it can, up to and including one piece of payload. Call again with the rest until
  /// the input is used up or done().
  Step next(std::string_view in) noexcept;

  /// The last byte of the body has been taken in (at once for Kind::none and length 0).
  [[nodiscard]] bool done() const noexcept;
  /// The connection ended. True if that is how this body ends, false if it was cut.
  bool finish_at_close() noexcept;
  /// Payload bytes handed out so far.
  [[nodiscard]] std::uint64_t received() const noexcept { return received_; }

 private:
  enum class State : unsigned char {
    payload,      // of a length or up to the end of the connection
    first_digit,  // of a chunk's size: there must be one
    size,         // more digits, or what ends them
    size_space,  // behind them: RFC 9112, 7.1.1 has it before a `;`, some servers pad sizes with it
    extension,   // after the `;` of a size line; dropped
    size_lf,
    chunk_data,
    data_cr,
    data_lf,
    trailer_start,  // a trailer field, or the CR of the empty line that ends the body
    trailer_name,   // trailers are dropped
    trailer_value,
    trailer_lf,
    final_lf,
    done,
    failed,
  };
  static State start_of(Framing framing) noexcept;
  [[nodiscard]] bool takes_payload() const noexcept {
    return state_ == State::payload || state_ == State::chunk_data;
  }
  std::string_view take_payload(std::string_view in) noexcept;
  /// The state after one byte that is no payload.
  State after(char c) noexcept;
  State after_size_digit(char c) noexcept;
  /// After something that is no digit and ends the size, or follows it.
  State after_size(char c) noexcept;
  State after_trailer(char c) noexcept;

  Framing::Kind kind_;
  State state_;
  std::uint64_t remaining_;  // of the body, or of the present chunk
  std::uint64_t received_ = 0;
  std::uint32_t line_bytes_ = 0;  // of the present size line, or of all trailers
};

/// Room for the size line of a chunk: 16 hex digits and CRLF.
struct ChunkSizeLine {
  char bytes[18];
  std::size_t size;
  [[nodiscard]] std::string_view view() const noexcept { return {bytes, size}; }
};

/// The size line that goes before `payload_size` bytes of a chunked body.
ChunkSizeLine chunk_size_line(std::uint64_t payload_size) noexcept;
inline constexpr std::string_view kChunkEnd = "\r\n";
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace pinion::http
