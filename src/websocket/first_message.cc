#include "websocket/first_message.h"

#include <utility>

namespace pinion::websocket {

FirstMessage::Status FirstMessage::feed(std::string_view bytes) {
  while (status_ == Status::need_more && !bytes.empty()) {
    const FrameScanner::Step step = frames_.next(bytes);
    bytes.remove_prefix(step.consumed);
    if (frames_.broken()) {
      status_ = Status::absent;
      break;
    }
    if (step.frame_begins) status_ = begin_frame();
    if (status_ != Status::need_more) break;
    append(step);
    if (step.frame_ends) status_ = end_frame();
  }
  return status_;
}

FirstMessage::Status FirstMessage::begin_frame() {
  const FrameHeader& frame = frames_.header();
  if (is_control(frame.opcode)) {
    const bool passes = frame.opcode != Opcode::close && !frame.rsv1;
    return passes ? Status::need_more : Status::absent;
  }
  const bool continues = frame.opcode == Opcode::continuation;
  if (continues != in_message_) return Status::absent;
  // Only the first fragment says whether the message is compressed (RFC 7692, 6.1).
  if (continues && frame.rsv1) return Status::absent;
  if (!continues) compressed_ = frame.rsv1;
  in_message_ = true;
  return frame.length <= limit_ - message_.size() ? Status::need_more : Status::absent;
}

void FirstMessage::append(const FrameScanner::Step& step) {
  const FrameHeader& frame = frames_.header();
  if (is_control(frame.opcode)) return;
  if (!frame.masked) {
    message_.append(step.payload);
    return;
  }
  for (std::size_t i = 0; i < step.payload.size(); ++i) {
    const std::uint8_t mask = frame.mask[(step.payload_offset + i) % sizeof(frame.mask)];
    message_.push_back(static_cast<char>(static_cast<unsigned char>(step.payload[i]) ^ mask));
  }
}

FirstMessage::Status FirstMessage::end_frame() {
  const FrameHeader& frame = frames_.header();
  if (is_control(frame.opcode) || !frame.fin) return Status::need_more;
  if (compressed_) {
    const std::string compressed = std::exchange(message_, {});
    if (!inflate_message(compressed, limit_, message_)) return Status::absent;
  }
  return Status::complete;
}

}  // namespace pinion::websocket
