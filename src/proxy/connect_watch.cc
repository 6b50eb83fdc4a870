#include "proxy/connect_watch.h"

#include <utility>

namespace pinion::proxy {

namespace {

using Status = websocket::MessageReader::Status;

// Engine.IO packets without a say in what a session is: the steps of an upgrade, pings and pongs.
bool is_silent(std::string_view packet) noexcept {
  return !packet.empty() && packet.front() != '4' && packet.front() != 'b';
}

}  // namespace

ConnectWatch::Verdict ConnectWatch::feed(std::string_view bytes) {
  held_.append(bytes);
  if (verdict_ == Verdict::need_more) verdict_ = read(bytes);
  return verdict_;
}

ConnectWatch::Verdict ConnectWatch::read(std::string_view bytes) {
  for (;;) {
    const Status status = reader_.feed(bytes);
    if (status == Status::failed) return Verdict::unread;
    if (status == Status::need_more) {
      return held_.size() - passable_ > kMostHeld ? Verdict::unread : Verdict::need_more;
    }
    if (!reader_.is_text()) return Verdict::other;
    if (engineio::read_connect(text())) return Verdict::connect;
    if (!is_silent(text())) return Verdict::other;
    passable_ = held_.size() - bytes.size();
    history_ = reader_.saw_compressed();
  }
}

std::string ConnectWatch::take_passable() {
  if (passable_ == 0) return {};
  std::string bytes = held_.substr(0, passable_);
  held_.erase(0, std::exchange(passable_, 0));
  return bytes;
}

std::string ConnectWatch::take_all() {
  passable_ = 0;
  return std::exchange(held_, {});
}

}  // namespace pinion::proxy
