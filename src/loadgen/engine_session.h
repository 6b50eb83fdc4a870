// One Engine.IO session (protocol 4) from the client's side: handshake, polls, POSTs, upgrade,
// pings, the end.
//
// Threads: the loop's.
// Lifetime: part of its owner, and used again for the session that follows a lost one: start()
//   begins anew.
// Invariants: one GET and one POST are under way at most. While it upgrades neither is, before the
//   `5` is sent, so that no packet is overtaken. Each start() has one end, told once, unless
//   close() was called before; nothing comes after it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "engineio/open_packet.h"
#include "loadgen/http_client.h"
#include "loadgen/options.h"
#include "loadgen/request_writer.h"
#include "loadgen/websocket_client.h"

namespace pinion::loadgen {

struct EngineEnd {
  enum class Kind : unsigned char {
    left,         // as leave() wanted it
    unreachable,  // the handshake got no answer
    refused,      // the handshake was answered otherwise
    closed,       // by the other side, or since it does not keep to the protocol
  };
  Kind kind = Kind::closed;
  int status = 0;                            // of the answer that refuses
  bool unknown_sid = false;                  // the server does not know the session
  std::optional<std::uint64_t> retry_after;  // seconds
  std::string why;
};

class EngineSession final : private HttpClient::Owner, private WebSocketClient::Owner {
 public:
  class Owner {
   public:
    virtual void on_engine_open() noexcept = 0;
    /// A message of the server, without the `4`.
    virtual void on_engine_message(std::string_view message) noexcept = 0;
    virtual void on_engine_end(const EngineEnd& end) noexcept = 0;

   protected:
    ~Owner() = default;
  };

  /// A POST holds no more packets than a Python server takes.
  static constexpr std::size_t kPacketsAtOnce = 16;
  /// Packets that may wait for their POST.
  static constexpr std::size_t kMostWaiting = 2048;

  EngineSession(Wire& wire, const Options& options, const RequestWriter& requests, Owner& owner);

  /// Shakes hands. An end may be told from inside of this.
  void start();
  /// Sends a packet, with its type before it. Only while open.
  void send(std::string_view packet);
  /// Ends it as a client does that leaves.
  void leave();
  /// At once; nothing more is told.
  void close() noexcept;

  [[nodiscard]] bool is_open() const noexcept { return state_ == State::open; }
  /// It polls, although it was to upgrade.
  [[nodiscard]] bool stayed_with_polling() const noexcept {
    return options_.transport == Transport::upgrade && state_ == State::open &&
           upgrade_ == Upgrade::none;
  }
  /// The other side does not take what is sent.
  [[nodiscard]] bool backed_up() const noexcept;
  /// When anything of the session came last.
  [[nodiscard]] TimePoint heard_at() const noexcept { return heard_at_; }
  /// A silence of this length means that it is dead (pingInterval + pingTimeout); 0 when it was not
  /// told.
  [[nodiscard]] Duration patience() const noexcept { return patience_; }

 private:
  enum class State : unsigned char { over, opening, open, leaving };
  /// How far it is from polling to WebSocket.
  enum class Upgrade : unsigned char {
    none,     // polls, and will
    probing,  // polls, while the WebSocket is tried
    pausing,  // polls no more, and waits for what is under way
    done,     // speaks WebSocket
  };

  void on_http_answer(HttpClient& client, const Answer& answer) noexcept override;
  void on_http_broken(HttpClient& client, std::string_view why) noexcept override;
  void on_websocket_open() noexcept override;
  void on_websocket_refused(const Answer& answer) noexcept override;
  void on_websocket_text(std::string_view text) noexcept override;
  void on_websocket_end(std::string_view why) noexcept override;

  void poll();
  void flush();
  void take_payload(std::string_view payload);
  void take_packet(std::string_view packet);
  void take_open_packet(std::string_view packet);
  void pushed();
  void switch_when_paused();
  void stay_with_polling(std::string_view why);
  void refused(const Answer& answer, std::string_view request);
  void end(const EngineEnd& end);
  void end(std::string why) { end(EngineEnd{.why = std::move(why)}); }
  [[nodiscard]] CookieJar* jar() noexcept { return options_.cookies ? &cookies_ : nullptr; }
  [[nodiscard]] bool over() const noexcept { return state_ == State::over; }

  Wire& wire_;
  const Options& options_;
  const RequestWriter& requests_;
  Owner& owner_;
  State state_ = State::over;
  Upgrade upgrade_ = Upgrade::none;
  TimePoint heard_at_{};
  Duration patience_{};
  bool answered_ = false;          // the handshake by WebSocket, with a 101
  std::uint64_t max_payload_ = 0;  // bytes of a POST; 0: not told
  std::string sid_;
  std::vector<std::string> waiting_;  // packets for the next POSTs
  CookieJar cookies_;
  HttpClient get_, post_;
  WebSocketClient websocket_;
};

}  // namespace pinion::loadgen
