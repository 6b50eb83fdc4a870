// The WebSocket of a session: the upgrade, messages both ways, pings of the WebSocket itself
// answered, the end.
//
// Threads: the loop's.
// Lifetime: part of an EngineSession, which is its owner. close() may be called inside any call to
//   the owner.
// Invariants: one end is told of each open(), unless close() was called before; what is received is
//   bounded by kMostMessage, what waits to be sent by its user (backed_up()).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "http/body_reader.h"
#include "loadgen/answer.h"
#include "loadgen/cookie_jar.h"
#include "loadgen/wire.h"
#include "uv/stream.h"
#include "websocket/message_reader.h"

namespace pinion::loadgen {

class WebSocketClient final : private uv::StreamEvents {
 public:
  class Owner {
   public:
    virtual void on_websocket_open() noexcept = 0;
    /// The upgrade was answered, but not with a 101.
    virtual void on_websocket_refused(const Answer& answer) noexcept = 0;
    virtual void on_websocket_text(std::string_view text) noexcept = 0;
    /// It is over, or there never was a connection. @param why in words
    virtual void on_websocket_end(std::string_view why) noexcept = 0;

   protected:
    ~Owner() = default;
  };

  static constexpr std::size_t kMostMessage = std::size_t{64} << 20U;
  /// With more than this waiting for the socket, the other side does not keep up.
  static constexpr std::size_t kMostQueued = std::size_t{1} << 20U;

  WebSocketClient(Wire& wire, Owner& owner) noexcept : wire_(wire), owner_(owner) {}

  /// Sends a whole upgrade request on a new connection. That none can even be begun is told from
  /// inside of this.
  /// @param jar takes cookies of the answer; null: none
  void open(std::string request, CookieJar* jar);
  [[nodiscard]] bool is_open() const noexcept { return stream_ && messages_.has_value(); }
  [[nodiscard]] bool backed_up() const noexcept {
    return stream_ && stream_.queued() > kMostQueued;
  }
  /// Sends a text message. Only while open; a failure is told of by the end of the connection.
  void say(std::string_view text);
  /// Sends a close frame with 1000; the end is told when the other side has closed too.
  void leave();
  /// At once; nothing more is told.
  void close() noexcept {
    if (stream_) stream_.close();
  }

 private:
  void on_connected(int status) noexcept override;
  void on_read(std::string_view bytes) noexcept override;
  void on_end(int status) noexcept override;
  void on_drain() noexcept override {}
  void on_write_error(int status) noexcept override;

  void take_head(std::string_view& bytes);
  void take_refusal(std::string_view bytes);
  void take_messages(std::string_view bytes);
  void take_control();
  void write(std::string_view bytes);
  void refuse();
  void end(std::string_view why);

  Wire& wire_;
  Owner& owner_;
  uv::Stream stream_;
  CookieJar* jar_ = nullptr;
  std::string request_;                               // until there is a connection
  std::string partial_;                               // an incomplete head
  std::string out_;                                   // scratch
  std::optional<websocket::MessageReader> messages_;  // once it is open
  std::optional<http::BodyReader> refusal_;           // once it is refused
  std::string refusal_text_;
  Answer answer_;
};

}  // namespace pinion::loadgen
