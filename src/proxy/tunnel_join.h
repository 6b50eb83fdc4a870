// What a tunnel needs as long as its client's CONNECT has not been dealt with.
//
// Threads: the worker's.
// Lifetime: part of its Tunnel, until the session has joined.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/chunk_queue.h"
#include "http/head.h"
#include "proxy/connect_watch.h"
#include "proxy/rebind.h"
#include "websocket/deflate_terms.h"

namespace pinion::proxy {

struct TunnelJoin {
  explicit TunnelJoin(BufferBudget& budget) noexcept : share(budget) {}
  /// @param head of the request that made the tunnel, as the backend got it @param agreed of its
  /// answer
  /// @returns nothing when the two peers have agreed to something that cannot be read
  static std::unique_ptr<TunnelJoin> make(std::string head, const http::Fields& agreed,
                                          BufferBudget& budget);

  /// Of the head, what is worth counting, as of those that are on their way.
  static constexpr std::size_t kUncounted = std::size_t{4} * 1024;
  [[nodiscard]] std::size_t counted_head() const noexcept {
    return opening_head.size() > kUncounted ? opening_head.size() : 0;
  }
  /// Tells the budget what is kept now.
  void account() noexcept { share.set(counted_head() + watch.held()); }

  std::string opening_head;       // for a session of the same kind at another backend
  websocket::DeflateTerms terms;  // as the client has agreed to
  ConnectWatch watch;
  BufferShare share;               // for the head, and what the watch holds
  bool is_upgrade = false;         // its session may join by a POST meanwhile
  std::string id;                  // that the CONNECT states, unless it is not to belong to that
  bool leaves_id = false;          // of the handshake: it states one, or its client says goodbye
  TimePoint pinged{};              // by the backend, as far as pings can be seen
  std::unique_ptr<Rebind> rebind;  // while the session is being moved
};

}  // namespace pinion::proxy
