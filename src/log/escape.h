// Text from outside made safe to print: what a client or backend put into a name, path or sid can
// neither start a new log line nor drive a terminal.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace pinion::log {

/// Appends a JSON string with its quotes (RFC 8259, 7). Always valid UTF-8: a byte that is not
/// becomes U+FFFD. C1 controls are escaped too, though JSON would allow them.
void append_json_string(std::string& out, std::string_view text);

/// Appends the text with control characters and bytes that are not UTF-8 written as \n, \t, \xNN
/// or \uNNNN, and a backslash as two.
void append_printable(std::string& out, std::string_view text);

/// As append_printable, in double quotes when the text is empty or has a blank, a quote or `=`.
void append_text_value(std::string& out, std::string_view text);

/// A printable copy.
std::string printable(std::string_view text);

}  // namespace pinion::log
