#include "websocket/message_reader.h"

#include <utility>

#include "base/release.h"

namespace pinion::websocket {

MessageReader::Status MessageReader::feed(std::string_view& bytes) {
  if (status_ == Status::message) begin_message();
  if (status_ == Status::control) status_ = Status::need_more;
  while (status_ == Status::need_more && !bytes.empty()) {
    const FrameScanner::Step step = frames_.next(bytes);
    bytes.remove_prefix(step.consumed);
    status_ = take(step);
  }
  return status_;
}

void MessageReader::pick(std::string_view prefix, bool inflates) noexcept {
  prefix_ = prefix;
  if (!inflates) stop_inflating();
}

void MessageReader::stop_inflating() noexcept {
  inflates_ = false;
  inflate_.reset();
  if (!in_message_ || !compressed_) return;
  passed_over_ = true;
  release(text_);
}

void MessageReader::begin_message() {
  status_ = Status::need_more;
  has_history_ = saw_compressed_;
  text_.clear();
  // Whoever picks may read for as long as the connection lasts.
  if (picks()) release(text_);
}

void MessageReader::pass_over() noexcept {
  passed_over_ = true;
  release(text_);
  if (compressed_) stop_inflating();
}

MessageReader::Status MessageReader::take(const FrameScanner::Step& step) {
  if (frames_.broken()) return Status::failed;
  if (step.frame_begins && begin_frame() == Status::failed) return Status::failed;
  append(step);
  return step.frame_ends ? end_frame() : Status::need_more;
}

MessageReader::Status MessageReader::begin_frame() {
  const FrameHeader& frame = frames_.header();
  if (is_control(frame.opcode)) {
    control_.clear();
    const bool told = controls_ == Controls::told;
    const bool passes = (told || frame.opcode != Opcode::close) && !frame.rsv1;
    return passes ? Status::need_more : Status::failed;
  }
  const bool continues = frame.opcode == Opcode::continuation;
  if (continues != in_message_) return Status::failed;
  // Only the first fragment says what the message is (RFC 7692, 6.1).
  if (continues && frame.rsv1) return Status::failed;
  if (!continues) {
    is_text_ = frame.opcode == Opcode::text;
    compressed_ = frame.rsv1;
    saw_compressed_ = saw_compressed_ || compressed_;
    // What is binary belongs to the history of compressed texts.
    passed_over_ = picks() && (compressed_ ? !inflates_ : !is_text_);
  }
  in_message_ = true;
  if (passed_over_ || frame.length <= limit_ - text_.size()) return Status::need_more;
  if (!picks()) return Status::failed;
  pass_over();
  return Status::need_more;
}

void MessageReader::append(const FrameScanner::Step& step) {
  const FrameHeader& frame = frames_.header();
  if (step.payload.empty()) return;
  if (is_control(frame.opcode) ? controls_ == Controls::passed_over : passed_over_) return;
  std::string& out = is_control(frame.opcode) ? control_ : text_;
  if (!frame.masked && !picks()) {
    out.append(step.payload);
    return;
  }
  // The mask of a frame that has none is zero.
  for (std::size_t i = 0; i < step.payload.size(); ++i) {
    const std::uint8_t mask = frame.mask[(step.payload_offset + i) % sizeof(frame.mask)];
    out.push_back(static_cast<char>(static_cast<unsigned char>(step.payload[i]) ^ mask));
    if (&out == &text_ && !compressed_ && text_.size() == prefix_.size() && text_ != prefix_) {
      return pass_over();
    }
  }
}

MessageReader::Status MessageReader::end_frame() {
  const FrameHeader& frame = frames_.header();
  if (is_control(frame.opcode)) {
    return controls_ == Controls::told ? Status::control : Status::need_more;
  }
  if (!frame.fin) return Status::need_more;
  in_message_ = false;
  const Status status = passed_over_ ? Status::need_more : end_message();
  // Passed over to its end.
  if (status == Status::need_more) begin_message();
  return status;
}

MessageReader::Status MessageReader::end_message() {
  if (compressed_) {
    if (!inflate_) inflate_.emplace();
    const std::string compressed = std::exchange(text_, {});
    if (!inflate_->add_message(compressed, limit_, text_)) {
      if (!picks()) return Status::failed;
      pass_over();
      return Status::need_more;
    }
  }
  const bool told = !picks() || (is_text_ && text_.starts_with(prefix_));
  return told ? Status::message : Status::need_more;
}

}  // namespace pinion::websocket
