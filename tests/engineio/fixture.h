// What real servers sent (fixtures/README.md), read whole.
//
// Threads: a pure function of the files.
#pragma once

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace pinion::engineio::test {

inline std::string fixture(const std::string& name) {
  std::ifstream file(std::string(PINION_FIXTURES "/") + name, std::ios::binary);
  REQUIRE_MESSAGE(file, name);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace pinion::engineio::test
