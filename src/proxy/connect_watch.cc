#include "proxy/connect_watch.h"

#include <utility>

namespace pinion::proxy {

namespace {

using Status = websocket::MessageReader::Status;

}  // namespace

ConnectWatch::Verdict ConnectWatch::feed(std::string_view bytes) {
  held_.append(bytes);
  if (verdict_ == Verdict::need_more) verdict_ = read(bytes);
  return verdict_;
}

ConnectWatch::Verdict ConnectWatch::read(std::string_view bytes) {
  for (;;) {
    const Status status = reader_.feed(bytes);
    read_ = held_.size() - bytes.size();
    if (status == Status::failed) return reader_.closed() ? Verdict::closed : Verdict::unread;
    if (status == Status::need_more) {
      // A ping of the client's is to be answered, whatever it waits for.
      if (reader_.between_messages()) passable_ = read_;
      return held_.size() - passable_ > kMostHeld ? Verdict::unread : Verdict::need_more;
    }
    if (!reader_.is_text()) return Verdict::unjoined;
    if (engineio::read_connect(text())) return Verdict::connect;
    if (!engineio::is_silent(text())) return Verdict::unjoined;
    passable_ = read_;
    history_ = reader_.saw_compressed();
  }
}

bool ConnectWatch::next_connect() {
  std::string_view bytes = unread();
  const Status status = reader_.feed(bytes);
  read_ = held_.size() - bytes.size();
  return status == Status::message && reader_.is_text() && engineio::read_connect(text());
}

std::string ConnectWatch::take_passable() {
  if (passable_ == 0) return {};
  std::string bytes = held_.substr(0, passable_);
  read_ -= passable_;
  held_.erase(0, std::exchange(passable_, 0));
  return bytes;
}

std::string ConnectWatch::take_all() {
  passable_ = read_ = 0;
  return std::exchange(held_, {});
}

}  // namespace pinion::proxy
