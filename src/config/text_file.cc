#include "config/text_file.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace pinion::config {
namespace {

struct Close {
  void operator()(std::FILE* file) const noexcept { static_cast<void>(std::fclose(file)); }
};

std::unexpected<std::string> cannot_be_read(int error_number) {
  return std::unexpected("cannot be read: " + std::generic_category().message(error_number));
}

}  // namespace

std::expected<std::string, std::string> read_text_file(const std::string& path, std::size_t most) {
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) return cannot_be_read(errno);
  std::string text;
  std::array<char, 4096> buffer{};
  while (std::feof(file.get()) == 0 && std::ferror(file.get()) == 0) {
    text.append(buffer.data(), std::fread(buffer.data(), 1, buffer.size(), file.get()));
    if (text.size() > most) {
      return std::unexpected(fmt::format("is too large, allowed: at most {} bytes", most));
    }
  }
  if (std::ferror(file.get()) != 0) return cannot_be_read(errno);
  return text;
}

}  // namespace pinion::config
