#include "config/key_file.h"

#include <doctest/doctest.h>

#include <expected>
#include <string>

#include "temporary_file.h"

namespace pinion::config {
namespace {

std::expected<std::string, std::string> key_of_file(const std::string& text) {
  const sample::TemporaryFile file(text);
  return read_key_file(file.path());
}

}  // namespace

TEST_CASE("a key is all bytes of its file, but for line ends behind them") {
  const std::string bytes("\x00\n \xff 0123456789ab ", 18);
  CHECK(key_of_file(bytes) == bytes);
  CHECK(key_of_file("0123456789abcdef\r\n\n") == "0123456789abcdef");
  CHECK(key_of_file(std::string(4096, 'x')) == std::string(4096, 'x'));
}

TEST_CASE("a file that is no key says why") {
  CHECK(key_of_file("").error() == "has 0 bytes, allowed: at least 16");
  CHECK(key_of_file("\n\n\n").error() == "has 0 bytes, allowed: at least 16");
  CHECK(key_of_file("0123456789abcde\n").error() == "has 15 bytes, allowed: at least 16");
  CHECK(key_of_file(std::string(4097, 'x')).error().find("is too large") == 0);
  CHECK(read_key_file("/nonexistent").error() == "cannot be read: No such file or directory");
}

}  // namespace pinion::config
