#include "websocket/first_message.h"

namespace pinion::websocket {

FirstMessage::Status FirstMessage::feed(std::string_view bytes) {
  if (status_ != Status::need_more) return status_;
  switch (messages_.feed(bytes)) {
    case MessageReader::Status::need_more:
    case MessageReader::Status::control:  // passed over
      break;
    case MessageReader::Status::message:
      status_ = Status::complete;
      break;
    case MessageReader::Status::failed:
      status_ = Status::absent;
      break;
  }
  return status_;
}

}  // namespace pinion::websocket
