#include "loadgen/socketio_packet.h"

#include "base/ascii.h"
#include "engineio/string_decoder.h"

namespace pinion::loadgen {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kJsonSpace = " \t\r\n";

/// Takes the digits at the front; nothing for none, or for more than a number can hold.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  const auto end = std::min(text.find_first_not_of(kDigits), text.size());
  const auto number = parse_decimal(text.substr(0, end));
  if (number) text.remove_prefix(end);
  return number;
}

std::string_view take_nsp(std::string_view& text) {
  if (!text.starts_with('/')) return "/";
  const auto comma = text.find(',');
  const std::string_view nsp = text.substr(0, comma);
  text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  return nsp.substr(0, nsp.find('?'));
}

void skip_space(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kJsonSpace), text.size()));
}

}  // namespace

std::optional<SocketioPacket> read_socketio_packet(std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '6') return std::nullopt;
  SocketioPacket packet{.type = static_cast<SocketioPacket::Type>(text.front() - '0')};
  text.remove_prefix(1);
  if (packet.type >= SocketioPacket::Type::binary_event) {
    if (!take_number(text) || !text.starts_with('-')) return std::nullopt;
    text.remove_prefix(1);
  }
  packet.nsp = take_nsp(text);
  packet.id = take_number(text);
  packet.data = text;
  return packet;
}

std::string event_name(std::string_view data) {
  skip_space(data);
  if (!data.starts_with('[')) return {};
  data.remove_prefix(1);
  skip_space(data);
  if (!data.starts_with('"')) return {};
  data.remove_prefix(1);
  engineio::StringDecoder decoder{engineio::StringDecoder::Language::json};
  std::string name;
  for (const char c : data) {
    engineio::Piece piece;
    const auto status = decoder.push(c, piece);
    name.append(piece.view());
    if (status == engineio::StringDecoder::Status::closed) return name;
    if (status == engineio::StringDecoder::Status::bad) break;
  }
  return {};
}

void append_nsp(std::string& out, std::string_view nsp) {
  if (nsp != "/") out.append(nsp).push_back(',');
}

}  // namespace pinion::loadgen
