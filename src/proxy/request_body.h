// The body of a request on its way to the backend: decoded from the client's framing, encoded in
// ours.
//
// Threads: the worker's.
// Lifetime: one exchange.
// Invariants: bytes that belong to the next request are never taken. Counted against the configured
// limits as it comes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engineio/connect_finder.h"
#include "engineio/packet_scanner.h"
#include "http/body_reader.h"
#include "proxy/gather_writer.h"
#include "session/session.h"

namespace pinion::proxy {

class RequestBody {
 public:
  struct Limits {
    std::uint64_t body = 0;    // bytes; 0: none
    std::size_t gathered = 0;  // bytes of a body that has to be gathered
  };
  enum class Status : unsigned char { need_more, done, malformed, too_large };

  RequestBody(http::Framing from_client, Limits limits) noexcept;

  /// Looks for Engine.IO packets in what passes.
  void watch(engineio::PacketScanner scanner) { scanner_.emplace(scanner); }
  /// The same, otherwise written. Before anything has passed.
  void watch_as(session::Dialect dialect) noexcept;
  [[nodiscard]] const std::optional<engineio::PacketScanner>& watched() const noexcept {
    return scanner_;
  }

  /// Keeps the CONNECT packets of what is written on.
  void watch_connects() { connects_.emplace(); }
  /// They, as a payload of their own; empty when there are none.
  [[nodiscard]] std::string_view connects() const noexcept {
    return connects_ ? std::string_view(connects_->connects()) : std::string_view{};
  }

  /// Takes bytes from the client and writes them on. @param in what was taken is removed from its
  /// front
  /// @param out null to drop them: the backend takes no more
  Status pass(std::string_view& in, GatherWriter* out);
  /// Takes bytes from the client and keeps them, for a body that goes on with a Content-Length.
  Status gather(std::string_view& in, std::string& whole);
  /// Takes bytes from the client and keeps them, however many; who calls decides when to stop.
  Status peek(std::string_view& in, std::string& whole);
  /// What was peeked at goes before the rest of the body, framed as it came.
  void go_on_after(std::string peeked) noexcept { peeked_ = std::move(peeked); }
  /// Bytes of that which have not been passed on.
  [[nodiscard]] std::size_t held() const noexcept { return peeked_.size(); }
  /// The body is gathered: it will be passed on from memory, `size` bytes long.
  void restart_with_length(std::uint64_t size) noexcept;

  [[nodiscard]] bool done() const noexcept { return reader_.done(); }
  /// How the backend sees it.
  [[nodiscard]] http::Framing framing() const noexcept { return framing_; }
  [[nodiscard]] std::uint64_t received() const noexcept { return received_; }

 private:
  void encode(std::string_view payload, GatherWriter& out) const;

  http::Framing framing_;
  Limits limits_;
  http::BodyReader reader_;
  std::uint64_t received_ = 0;
  std::string peeked_;
  std::optional<engineio::PacketScanner> scanner_;
  std::optional<engineio::ConnectFinder> connects_;
};

}  // namespace pinion::proxy
