#include "proxy/later_connects.h"

#include <utility>

namespace pinion::proxy {

using Status = websocket::MessageReader::Status;

LaterConnects::LaterConnects(websocket::MessageReader reader, TimePoint inflate_until,
                             BufferBudget& budget)
    : reader_(std::move(reader)), inflate_until_(inflate_until), share_(budget) {
  reader_.pick(engineio::kConnectPrefix, true);
}

std::optional<engineio::ConnectPacket> LaterConnects::next(std::string_view& bytes, TimePoint now) {
  if (reader_.inflates() && now >= inflate_until_) reader_.stop_inflating();
  Status status = reader_.feed(bytes);
  std::optional<engineio::ConnectPacket> packet;
  while (status == Status::message && !packet) {
    packet = engineio::read_connect(reader_.text());
    if (!packet) status = reader_.feed(bytes);
  }
  over_ = status == Status::failed;
  share_.set(reader_.held());
  return packet;
}

}  // namespace pinion::proxy
