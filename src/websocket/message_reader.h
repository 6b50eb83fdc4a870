// The data messages of one direction of a WebSocket, one after the other from its beginning,
// unmasked and inflated with the context that runs through them (RFC 7692, 7.2.3.2). What is
// relayed stays as it was.
//
// Threads: one worker's.
// Lifetime: until whoever reads has seen what it wants.
// Invariants: keeps at most `limit` bytes of a message, compressed or not; of one that is passed
//   over, nothing beyond its first bytes. A zlib stream is made when the first compressed message
//   comes, not before. After `failed` every call fails.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "websocket/frame_scanner.h"
#include "websocket/inflate_stream.h"

namespace pinion::websocket {

class MessageReader {
 public:
  enum class Status : unsigned char {
    need_more,
    message,  // text() is whole
    control,  // control() and control_payload() are
    failed,   // not WebSocket, a close frame that is passed over, too long, or not valid deflate
  };
  enum class Controls : unsigned char {
    passed_over,  // as who only listens does; after a close frame no message can come
    told,         // as who has to answer them wants it
  };

  explicit MessageReader(std::size_t limit, Controls controls = Controls::passed_over) noexcept
      : limit_(limit), controls_(controls) {}

  /// Takes the next bytes of the stream, up to the end of a message, or of a control frame that is
  /// told; what was taken is removed from the front of `bytes`. After a message the next call
  /// begins the next one.
  Status feed(std::string_view& bytes);
  /// From the next message on, tells only of texts that begin so; all others are passed over, and
  /// so is what is too long or not valid deflate, and what may refer back to that.
  /// @param prefix a literal, not empty @param inflates false: compressed ones are passed over too
  void pick(std::string_view prefix, bool inflates) noexcept;
  /// Passes compressed messages over from now on, and gives their window back.
  void stop_inflating() noexcept;
  [[nodiscard]] bool inflates() const noexcept { return inflates_; }
  /// Bytes that are kept: of a message that is not whole yet or of the last one, and the window.
  [[nodiscard]] std::size_t held() const noexcept {
    // What a string has room for in itself is no memory of its own.
    const std::size_t text = text_.capacity() > std::string{}.capacity() ? text_.capacity() : 0;
    return text + (inflate_ ? InflateStream::kMemory : 0);
  }
  /// The message that feed() has told of, until its next call.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  /// Whether the message was text, not binary.
  [[nodiscard]] bool is_text() const noexcept { return is_text_; }
  /// The control frame that feed() has told of: its opcode, and its payload until the next call.
  [[nodiscard]] Opcode control() const noexcept { return frames_.header().opcode; }
  [[nodiscard]] const std::string& control_payload() const noexcept { return control_; }
  /// Whether any message so far, the present one included, came compressed.
  [[nodiscard]] bool saw_compressed() const noexcept { return saw_compressed_; }
  /// Whether one before the present one did: the present one may refer back to it.
  [[nodiscard]] bool has_history() const noexcept { return has_history_; }
  /// Whether the stream stands between two frames.
  [[nodiscard]] bool at_boundary() const noexcept { return frames_.at_boundary(); }
  /// The same, and not within a message that comes in several.
  [[nodiscard]] bool between_messages() const noexcept { return at_boundary() && !in_message_; }
  /// It has failed by a close frame.
  [[nodiscard]] bool closed() const noexcept {
    return status_ == Status::failed && !frames_.broken() &&
           frames_.header().opcode == Opcode::close;
  }

 private:
  void begin_message();
  Status take(const FrameScanner::Step& step);
  Status begin_frame();
  void append(const FrameScanner::Step& step);
  Status end_frame();
  Status end_message();
  [[nodiscard]] bool picks() const noexcept { return !prefix_.empty(); }
  void pass_over() noexcept;

  std::size_t limit_;
  std::string_view prefix_;  // of what is told; empty: all is
  Controls controls_;
  Status status_ = Status::need_more;
  bool in_message_ = false;   // a first fragment has come, the last has not
  bool compressed_ = false;   // the present message
  bool passed_over_ = false;  // the same
  bool inflates_ = true;
  bool is_text_ = false;
  bool saw_compressed_ = false;
  bool has_history_ = false;
  FrameScanner frames_;
  std::string text_;
  std::string control_;
  std::optional<InflateStream> inflate_;
};

}  // namespace pinion::websocket
