// Counts the Engine.IO packets in the body of a poll's answer or a POST, and notices close, ping
// and pong packets (`1`, `2`, `3`), and others that say something, without keeping any of it.
//
// Threads: one worker's.
// Lifetime: one body. Memory: a fixed few bytes, however the body is split.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engineio/form_decoder.h"
#include "engineio/string_decoder.h"

namespace pinion::engineio {

class PacketScanner {
 public:
  struct Body {
    int revision = 4;           // of the protocol
    bool jsonp_post = false;    // `d=` and a form-encoded payload
    bool jsonp_answer = false;  // `___eio[N]("…");`
    bool binary = false;        // Content-Type: application/octet-stream (v3 binary framing)
    bool opaque = false;        // has a Content-Encoding: nothing can be told
  };
  explicit PacketScanner(Body body) noexcept;

  void feed(std::string_view bytes) noexcept;
  /// The body has ended.
  void finish() noexcept;
  [[nodiscard]] const Body& body() const noexcept { return body_; }
  [[nodiscard]] std::uint64_t packets() const noexcept { return packets_; }
  [[nodiscard]] bool saw_close() const noexcept { return saw_close_; }
  [[nodiscard]] bool saw_ping() const noexcept { return saw_ping_; }
  [[nodiscard]] bool saw_pong() const noexcept { return saw_pong_; }
  /// More than pings, pongs and noops. (What cannot be read was worth compressing.)
  [[nodiscard]] bool saw_more() const noexcept { return saw_more_; }

 private:
  enum class Coding : unsigned char { none, form, literal };
  enum class Stage : unsigned char {
    form_head,      // `d=`
    literal_head,   // up to the quote that opens the literal
    separated,      // v4: packets between 0x1E
    length,         // v3 text: decimal digits up to `:`
    text,           // v3 text: a packet of so many UTF-16 code units
    binary_kind,    // v3 binary: 0 is text, 1 is data
    binary_length,  // v3 binary: digits as byte values up to 0xFF
    binary,         // v3 binary: a packet of so many bytes
    over,           // nothing more to be told: the payload has ended, or is not one
  };

  [[nodiscard]] Stage first_stage() const noexcept;
  bool take_head(char c) noexcept;
  void take_coded(char c) noexcept;
  void scan(std::string_view payload) noexcept;
  std::size_t scan_separated(std::string_view payload) noexcept;
  std::size_t scan_length(char c) noexcept;
  std::size_t scan_text(std::string_view payload) noexcept;
  std::size_t scan_overlong_text(std::string_view stretch) noexcept;
  std::size_t scan_binary(std::string_view payload) noexcept;
  void take_binary_head(char c) noexcept;
  void add_digit(int digit) noexcept;
  void begin_packet(char first, bool data) noexcept;

  std::uint64_t packets_ = 0;
  std::uint64_t remaining_ =
      0;  // of the present packet; while its length is read: the length so far
  Body body_;
  Coding coding_ = Coding::none;
  Stage stage_ = Stage::separated;
  bool saw_close_ = false;
  bool saw_ping_ = false, saw_pong_ = false, saw_more_ = false;
  bool at_start_ = true;      // the next payload byte is the first of a packet
  bool has_digits_ = false;   // of the length that is being read
  bool data_packet_ = false;  // v3 binary: the present packet is data, not text
  FormDecoder form_;
  StringDecoder literal_{StringDecoder::Language::javascript};
};

}  // namespace pinion::engineio
