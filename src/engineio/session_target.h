// Request targets of a session that stands at its backend under another sid than the client knows,
// and of sessions that pinion opens itself.
//
// Threads: pure functions. Names of parameters are compared percent-decoded, as servers do;
// whatever else is in the query stays as it was, in its order.
#pragma once

#include <string>
#include <string_view>

namespace pinion::engineio {

/// The target with every `sid` of its query replaced (servers differ in which one counts); one
/// without any stays as it is.
/// @param sid is percent-encoded as needed
std::string with_sid(std::string_view target, std::string_view sid);

/// The target of a handshake that asks for the same as a request of a session did: without `sid`,
/// and with one `transport`, in the place of the first or at the end. @param transport a literal
std::string opening_target(std::string_view target, std::string_view transport);

}  // namespace pinion::engineio
