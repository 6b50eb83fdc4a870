#include "config/token_file.h"

#include <doctest/doctest.h>

#include <expected>
#include <string>

#include "temporary_file.h"

namespace pinion::config {
namespace {

std::expected<std::string, std::string> token_of(const std::string& text) {
  const sample::TemporaryFile file(text);
  return read_token_file(file.path());
}

}  // namespace

TEST_CASE("the token is the one word in the file") {
  CHECK(token_of("abc-123_~+/=\n") == "abc-123_~+/=");
  CHECK(token_of(" \t abc\r\n\n") == "abc");
  CHECK(token_of(std::string(4096, 'x') + "\n") == std::string(4096, 'x'));
}

TEST_CASE("a file without a token says so") {
  CHECK(token_of("").error() == "is empty");
  CHECK(token_of(" \n\r\n").error() == "is empty");
  CHECK(token_of("two words\n").error().find("one word of visible ASCII") != std::string::npos);
  CHECK(token_of("a\x01").error().find("one word of visible ASCII") != std::string::npos);
  CHECK(token_of(std::string(5000, 'x')).error().find("is too large") == 0);
  CHECK(read_token_file("/nonexistent").error() == "cannot be read: No such file or directory");
}

}  // namespace pinion::config
