// The file that holds the admin endpoint's bearer token.
// Threads: no state.
#pragma once

#include <expected>
#include <string>

namespace pinion::config {

/// The token: the file's text without white space at its ends, 1 to 4096 visible ASCII characters
/// (RFC 6750, 2.1, is narrower; more does no harm). The error says what is wrong with the file.
std::expected<std::string, std::string> read_token_file(const std::string& path);

}  // namespace pinion::config
