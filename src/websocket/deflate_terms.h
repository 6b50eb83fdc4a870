// What two peers have agreed of permessage-deflate (RFC 7692, 7.1), so that another server can take
// the place of one of them in the middle of what a client has agreed to.
//
// Threads: pure functions and values.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pinion::websocket {

struct DeflateTerms {
  bool agreed = false;  // else nothing is compressed, and the rest says nothing
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  int server_max_window_bits = 15;
  int client_max_window_bits = 15;
  bool client_bits_told = false;  // even if they are the usual ones

  bool operator==(const DeflateTerms&) const = default;
};

/// @param extensions Sec-WebSocket-Extensions of a server's 101; empty when it has none
/// @returns nothing when it is malformed or agrees to any other extension
std::optional<DeflateTerms> read_terms(std::string_view extensions);

/// What to offer to a server that is to take another one's place: the same, and that it keeps no
/// context, since the client has not seen all that it sent. Empty when nothing was agreed.
std::string offer_to_stand_in(const DeflateTerms& present);

/// Whether a server that agreed to `other` can take the place of one that agreed to `present`
/// before the client has sent it anything compressed: the client can inflate what it sends, and it
/// can inflate what the client sends.
bool can_stand_in(const DeflateTerms& present, const DeflateTerms& other) noexcept;

}  // namespace pinion::websocket
