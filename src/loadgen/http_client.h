// One connection that carries a request at a time and is kept for the next one.
//
// Threads: the loop's.
// Lifetime: part of an EngineSession, which is its owner. close() may be called, and the next
//   request sent, inside any call to the owner.
// Invariants: one request is under way at most; of an answer at most kMostBody bytes are kept.
//   Nothing is sent twice.
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

namespace pinion::loadgen {

class HttpClient final : private uv::StreamEvents {
 public:
  class Owner {
   public:
    /// The whole answer; its body is good until this returns.
    virtual void on_http_answer(HttpClient& client, const Answer& answer) noexcept = 0;
    /// The request has no answer, and will get none.
    virtual void on_http_broken(HttpClient& client, std::string_view why) noexcept = 0;

   protected:
    ~Owner() = default;
  };

  /// More than any server may send in one go: socket.io's own limit for clients is 1 MB.
  static constexpr std::size_t kMostBody = std::size_t{64} << 20U;
  /// A connection that has rested for so long is not used again: servers close theirs after 5 s.
  static constexpr Duration kRest = std::chrono::seconds{4};

  HttpClient(Wire& wire, Owner& owner) noexcept : wire_(wire), owner_(owner) {}

  /// Sends a whole request. That no connection can even be begun is told from inside of this.
  /// @param jar takes cookies of the answer; null: none
  void ask(std::string request, CookieJar* jar);
  [[nodiscard]] bool busy() const noexcept { return busy_; }
  /// Nothing more is told of what is under way.
  void close() noexcept;

 private:
  void on_connected(int status) noexcept override;
  void on_read(std::string_view bytes) noexcept override;
  void on_end(int status) noexcept override;
  void on_drain() noexcept override {}
  void on_write_error(int status) noexcept override;

  void write();
  bool take_head(std::string_view& bytes);
  void take_body(std::string_view bytes);
  void finish(bool reusable);
  void fail(std::string_view why);

  Wire& wire_;
  Owner& owner_;
  uv::Stream stream_;
  bool busy_ = false;
  bool keep_ = false;  // the connection can carry another request
  TimePoint rests_since_{};
  CookieJar* jar_ = nullptr;
  std::string request_;  // until there is a connection
  std::string partial_;  // an incomplete head
  std::string body_text_;
  std::optional<http::BodyReader> body_;  // once the head is complete
  Answer answer_;
};

}  // namespace pinion::loadgen
