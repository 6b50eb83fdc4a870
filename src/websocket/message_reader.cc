#include "websocket/message_reader.h"

#include <utility>

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

void MessageReader::begin_message() {
  status_ = Status::need_more;
  has_history_ = saw_compressed_;
  text_.clear();
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
  }
  in_message_ = true;
  return frame.length <= limit_ - text_.size() ? Status::need_more : Status::failed;
}

void MessageReader::append(const FrameScanner::Step& step) {
  const FrameHeader& frame = frames_.header();
  if (step.payload.empty()) return;
  if (is_control(frame.opcode) && controls_ == Controls::passed_over) return;
  std::string& out = is_control(frame.opcode) ? control_ : text_;
  if (!frame.masked) {
    out.append(step.payload);
    return;
  }
  for (std::size_t i = 0; i < step.payload.size(); ++i) {
    const std::uint8_t mask = frame.mask[(step.payload_offset + i) % sizeof(frame.mask)];
    out.push_back(static_cast<char>(static_cast<unsigned char>(step.payload[i]) ^ mask));
  }
}

MessageReader::Status MessageReader::end_frame() {
  const FrameHeader& frame = frames_.header();
  if (is_control(frame.opcode)) {
    return controls_ == Controls::told ? Status::control : Status::need_more;
  }
  if (!frame.fin) return Status::need_more;
  in_message_ = false;
  if (!compressed_) return Status::message;
  if (!inflate_) inflate_.emplace();
  const std::string compressed = std::exchange(text_, {});
  return inflate_->add_message(compressed, limit_, text_) ? Status::message : Status::failed;
}

}  // namespace pinion::websocket
