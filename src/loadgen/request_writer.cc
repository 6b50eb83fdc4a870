#include "loadgen/request_writer.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/percent.h"

namespace pinion::loadgen {
namespace {

// One key for all connections, so that the answer to it is known without computing a SHA-1: a
// server takes any key.
constexpr std::string_view kUpgrade =
    "Connection: Upgrade\r\n"
    "Upgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

}  // namespace

constexpr std::string_view kWebSocketAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

RequestWriter::RequestWriter(const Options& options) : target_(options.path + "?EIO=4&transport=") {
  const bool has_host = std::ranges::any_of(
      options.headers, [](const auto& header) { return iequals(header.first, "host"); });
  if (!has_host) fields_.append("Host: ").append(options.authority).append("\r\n");
  fields_.append("User-Agent: pinion-bench/" PINION_VERSION "\r\nAccept: */*\r\n");
  for (const auto& [name, value] : options.headers) {
    fields_.append(name).append(": ").append(value).append("\r\n");
  }
}

std::string RequestWriter::begin(std::string_view method, std::string_view transport,
                                 std::string_view sid, std::string_view cookies) const {
  std::string head(method);
  head.append(" ").append(target_).append(transport);
  if (!sid.empty()) head.append("&sid=").append(percent_encode(sid));
  head.append(" HTTP/1.1\r\n").append(fields_);
  if (!cookies.empty()) head.append("Cookie: ").append(cookies).append("\r\n");
  return head;
}

std::string RequestWriter::poll(std::string_view sid, std::string_view cookies) const {
  return begin("GET", "polling", sid, cookies).append("\r\n");
}

std::string RequestWriter::upgrade(std::string_view sid, std::string_view cookies) const {
  return begin("GET", "websocket", sid, cookies).append(kUpgrade).append("\r\n");
}

std::string RequestWriter::push(std::string_view sid, std::string_view cookies,
                                std::string_view packets) const {
  std::string request = begin("POST", "polling", sid, cookies);
  request.append("Content-Type: text/plain;charset=UTF-8\r\nContent-Length: ");
  return request.append(std::to_string(packets.size())).append("\r\n\r\n").append(packets);
}

}  // namespace pinion::loadgen
