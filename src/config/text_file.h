// A small file in one piece.
// Threads: no state. Blocks: for the start, the control thread and the command line only.
#pragma once

#include <cstddef>
#include <expected>
#include <string>

namespace pinion::config {

/// The whole file. The error says why it cannot be read, also when it is no regular file or pipe,
/// or has more than `most` bytes.
std::expected<std::string, std::string> read_text_file(const std::string& path, std::size_t most);

}  // namespace pinion::config
