// The body of a response on its way to the client: decoded from the backend's framing, encoded in
// ours, read on the way for what concerns the session (an open packet, a close packet, "unknown
// session").
//
// Threads: the worker's.
// Lifetime: one exchange, from the final response head on.
// Invariants: payload is passed on unchanged and at once, but for an open packet, which is held
// until its session is known.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engineio/packet_scanner.h"
#include "http/body_reader.h"
#include "proxy/gather_writer.h"
#include "proxy/open_watch.h"

namespace pinion::proxy {

class ResponseBody {
 public:
  enum class Status : unsigned char { need_more, done, malformed };

  /// @param head as the client will see it; it goes out with the first payload that may, or at once
  /// if its body has not begun, but not if it came with a body that is malformed from the start
  ResponseBody(std::string head, http::Framing from_backend, http::Framing to_client) noexcept
      : head_(std::move(head)), to_client_(to_client), reader_(from_backend) {}

  /// Holds the payload back until the open packet was read.
  void watch_open(std::unique_ptr<OpenWatch> watch) noexcept { open_ = std::move(watch); }
  void watch_packets(engineio::PacketScanner scanner) { packets_.emplace(scanner); }
  /// Keeps the first bytes of an error, for its dialect.
  void watch_error() { error_prefix_.emplace(); }

  /// Passes on what the backend sent. Bytes after the body are dropped.
  Status pass(std::string_view in, GatherWriter& out, TimePoint now);
  /// The backend closed. @returns done if that is how this body ends, else malformed
  Status pass_end(GatherWriter& out, TimePoint now);

  [[nodiscard]] bool done() const noexcept { return reader_.done(); }
  /// There were bytes after the body: the backend's connection is of no more use.
  [[nodiscard]] bool had_excess() const noexcept { return had_excess_; }
  /// Nothing may be sent to the client yet, not even the head.
  [[nodiscard]] bool holding() const noexcept { return open_ != nullptr && !open_->decided(); }
  /// The head has been sent, and maybe more.
  [[nodiscard]] bool began() const noexcept { return head_.empty(); }
  /// Its client can tell a part of it from the whole.
  [[nodiscard]] bool shows_its_end() const noexcept {
    using Kind = http::Framing::Kind;
    return to_client_.kind == Kind::length || to_client_.kind == Kind::chunked;
  }
  /// The session that this answer opened; null when it opened none.
  [[nodiscard]] const OpenedSession* opened() const noexcept {
    return open_ != nullptr && open_->opened() ? &*open_->opened() : nullptr;
  }
  [[nodiscard]] const std::optional<engineio::PacketScanner>& packets() const noexcept {
    return packets_;
  }
  [[nodiscard]] std::string_view error_prefix() const noexcept {
    return error_prefix_ ? std::string_view{*error_prefix_} : std::string_view{};
  }
  [[nodiscard]] std::uint64_t received() const noexcept { return reader_.received(); }

 private:
  void deliver(std::string_view payload, GatherWriter& out, TimePoint now);
  void encode(std::string_view payload, GatherWriter& out) const;
  void finish(GatherWriter& out);
  void send_head(GatherWriter& out);

  std::string head_;
  http::Framing to_client_;
  http::BodyReader reader_;
  std::unique_ptr<OpenWatch> open_;
  std::string held_;
  bool had_excess_ = false;
  std::optional<engineio::PacketScanner> packets_;
  std::optional<std::string> error_prefix_;
};

}  // namespace pinion::proxy
