#include "engineio/connect_packet.h"

#include "engineio/json_scan.h"

namespace pinion::engineio {

std::optional<ConnectPacket> read_connect(std::string_view packet) {
  if (packet.size() > kMaxConnectPacket || !packet.starts_with(kConnectPrefix)) return std::nullopt;
  std::string_view rest = packet.substr(kConnectPrefix.size());
  ConnectPacket connect{.nsp = "/", .auth = {}};
  if (rest.starts_with('/')) {
    const auto comma = rest.find(',');
    const std::string_view nsp = rest.substr(0, comma);
    connect.nsp = nsp.substr(0, nsp.find('?'));
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  }
  if (!rest.empty() && rest.front() != '{') return std::nullopt;
  connect.auth = rest;
  return connect;
}

bool is_silent(std::string_view packet) noexcept {
  return !packet.empty() && packet.front() != '4' && packet.front() != 'b';
}

std::string_view take_packet(std::string_view& payload) noexcept {
  const auto end = payload.find(kBetweenPackets);
  const std::string_view packet = payload.substr(0, end);
  payload.remove_prefix(end == std::string_view::npos ? payload.size() : end + 1);
  return packet;
}

std::optional<std::string> json_text_member(std::string_view object, std::string_view name) {
  JsonObjectReader reader{object};
  std::optional<std::string> value;
  while (const auto member = reader.next_member()) {
    if (*member == name) {
      value = reader.string_value();
    } else {
      reader.skip_value();
    }
  }
  if (!reader.complete() || !value || value->empty()) return std::nullopt;
  return value;
}

}  // namespace pinion::engineio
