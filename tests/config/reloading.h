// Configs for the tests of reloads: written down piece by piece, and planned from one to the next.
#pragma once

#include <doctest/doctest.h>

#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "config/load.h"
#include "config/reload.h"

namespace pinion::config::reloading {

using Lines = std::vector<std::string>;

inline Config parse(const std::string& text) {
  auto loaded = load_text(text, "test.toml");
  if (!loaded) FAIL(to_text(loaded.error().front()));
  return std::move(*loaded);
}

inline std::string pool_with(const std::string& name, const std::string& keys) {
  return "[[pool]]\nname = \"" + name + "\"\n" + keys + "\n";
}
inline std::string route_from(const std::string& path, const std::string& to) {
  return "[[route]]\npath = \"" + path + "\"\npool = \"" + to + "\"\n";
}

inline const std::string kOne = R"(backends = ["10.0.0.1:1"])";
inline const std::string kTwo = R"(backends = ["10.0.0.1:1", "10.0.0.2:2"])";

inline Reload reload(const Config& running, const std::string& text) {
  auto planned = plan_reload(running, parse(text));
  REQUIRE(planned);
  return std::move(*planned);
}

}  // namespace pinion::config::reloading
