#include "config/reference.h"

#include <doctest/doctest.h>

#include "config/assemble.h"
#include "config/man_page.h"
#include "sample.h"

namespace pinion::config {

TEST_CASE("the reference config loads, and means the defaults") {
  const Config config = sample::sound(reference_config());
  Config defaults = default_config();
  defaults.proxy.workers = config.proxy.workers;
  CHECK(config.proxy == defaults.proxy);
  CHECK(config.admin == defaults.admin);
  CHECK(config.log == defaults.log);
  REQUIRE(config.pools.size() == 1);
  REQUIRE(config.pools[0].backends.size() == 1);
  Backend backend = default_backend();
  backend.address = config.pools[0].backends[0].address;
  backend.name = backend.address.text;
  CHECK(config.pools[0].backends[0] == backend);
}

TEST_CASE("no line of the reference config is wider than a screen") {
  const std::string text = reference_config();
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = text.find('\n', begin);
    const auto line = text.substr(begin, end - begin);
    CAPTURE(line);
    CHECK(line.size() <= 100);
    CHECK_FALSE(line.ends_with(' '));
    begin = end + 1;
  }
}

TEST_CASE("the committed reference config is the one that the table of keys makes") {
  INFO("to make it anew: build/pinion config > conf/pinion.reference.toml");
  CHECK(sample::source_file("conf/pinion.reference.toml") == reference_config());
}

TEST_CASE("the committed man page is the one that the table of keys makes") {
  INFO("to make it anew: build/pinion config --man > man/pinion.toml.5.scd");
  CHECK(sample::source_file("man/pinion.toml.5.scd") == man_page());
}

}  // namespace pinion::config
