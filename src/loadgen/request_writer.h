// The requests of an Engine.IO client of protocol 4.
//
// Threads: the loop's; immutable.
#pragma once

#include <string>
#include <string_view>

#include "loadgen/options.h"

namespace pinion::loadgen {

/// What must stand in Sec-WebSocket-Accept of the answer to each upgrade (RFC 6455, 4.2.2).
extern const std::string_view kWebSocketAccept;

class RequestWriter {
 public:
  explicit RequestWriter(const Options& options);

  /// @param sid of the session; empty for the handshake
  /// @param cookies for the Cookie field; empty: none
  [[nodiscard]] std::string poll(std::string_view sid, std::string_view cookies) const;
  [[nodiscard]] std::string upgrade(std::string_view sid, std::string_view cookies) const;
  /// A POST of packets, joined already. @param sid not empty
  [[nodiscard]] std::string push(std::string_view sid, std::string_view cookies,
                                 std::string_view packets) const;

 private:
  [[nodiscard]] std::string begin(std::string_view method, std::string_view transport,
                                  std::string_view sid, std::string_view cookies) const;

  std::string target_;  // path, and the query up to the transport
  std::string fields_;  // of every request
};

}  // namespace pinion::loadgen
