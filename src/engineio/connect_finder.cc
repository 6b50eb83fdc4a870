#include "engineio/connect_finder.h"

#include "engineio/connect_packet.h"

namespace pinion::engineio {

void ConnectFinder::feed(std::string_view payload) {
  while (!payload.empty()) {
    const auto end = payload.find(kBetweenPackets);
    take(payload.substr(0, end));
    if (end == std::string_view::npos) return;
    payload.remove_prefix(end + 1);
    matched_ = 0;
    passes_ = false;
  }
}

void ConnectFinder::take(std::string_view part) {
  if (passes_) return;
  if (matched_ < kConnectPrefix.size()) {
    const std::string_view wanted = kConnectPrefix.substr(matched_, part.size());
    passes_ = !part.starts_with(wanted);
    if (passes_) return;
    matched_ += wanted.size();
    part.remove_prefix(wanted.size());
    if (matched_ < kConnectPrefix.size()) return;
    begins_at_ = kept_.size();
    if (begins_at_ > 0) keep({&kBetweenPackets, 1});
    keep(kConnectPrefix);
  }
  keep(part);
}

void ConnectFinder::keep(std::string_view part) {
  if (passes_) return;
  passes_ = part.size() > kMaxConnectPacket - kept_.size();
  if (passes_) {
    kept_.resize(begins_at_);
  } else {
    kept_.append(part);
  }
}

}  // namespace pinion::engineio
