// How the errors of a file with many mistakes look, word by word.
#include <doctest/doctest.h>

#include <string>

#include "sample.h"

namespace pinion::config {

TEST_CASE("the errors of a bad file read as they are written down") {
  for (const std::string name : {"values", "contradictions"}) {
    std::string errors;
    for (const auto& line :
         sample::errors_of(sample::source_file("tests/config/mistakes/" + name + ".toml"))) {
      errors.append(name).append(".toml:").append(line).append("\n");
    }
    INFO("in tests/config/mistakes: pinion check -c ", name, ".toml 2> ", name, ".errors");
    CHECK(errors == sample::source_file("tests/config/mistakes/" + name + ".errors"));
  }
}

}  // namespace pinion::config
