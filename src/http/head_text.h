// Changes to a request head that write_request_head() has written, for requests of pinion's own
// that ask for the same as a client's did.
//
// Threads: pure functions.
// Invariants: `head` is a whole head as written there, with its empty line; it still is one
//   afterwards.
#pragma once

#include <string>
#include <string_view>

namespace pinion::http {

/// The request's target. Points into the head.
std::string_view target_of(std::string_view head) noexcept;
/// Put another one into the request line.
void set_method(std::string& head, std::string_view method);
void set_target(std::string& head, std::string_view target);
/// Removes all fields of that name (case-insensitive).
void drop_field(std::string& head, std::string_view name);
/// Adds a field at the end. Also good for response heads.
void add_field(std::string& head, std::string_view name, std::string_view value);

}  // namespace pinion::http
