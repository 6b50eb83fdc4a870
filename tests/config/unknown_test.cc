#include "config/unknown.h"

#include <doctest/doctest.h>

#include <string>

#include "sample.h"

namespace pinion::config {
namespace {

struct UnknownName {
  const char* text;   // behind the smallest sound file
  const char* error;  // without the place
};

}  // namespace

TEST_CASE("unknown names are answered with the nearest, with their home, or with all there are") {
  const UnknownName cases[] = {
      {"[proxy]\nworker = 2", "[proxy].worker: unknown key, did you mean workers?"},
      {"[proxy]\nMax-Connections = 2",
       "[proxy].Max-Connections: unknown key, did you mean max_connections?"},
      {"[proxy]\nconnect = \"2s\"",
       "[proxy].connect: unknown key here, it belongs to [proxy.timeouts]"},
      {"[proxy]\nconect = \"2s\"",
       "[proxy].conect: unknown key, did you mean connect in [proxy.timeouts]?"},
      {"[proxy]\ntimeout = 3",
       "[proxy].timeout: unknown key, did you mean the section [proxy.timeouts]?"},
      {"[log]\ncolor = true", "[log].color: unknown key, allowed here: level, format, access"},
      {"[log]\n\"a\\nb\" = 1",
       "[log].\"a\\x0ab\": unknown key, allowed here: level, format, access"},
      {"[limits]\nurl = \"1KiB\"", "[limits]: unknown section, did you mean [proxy.limits]?"},
      {"[[pol]]\nname = \"x\"", "[[pol]]: unknown section, did you mean [[pool]]?"},
      {"[[backend]]\naddress = \"a:1\"",
       "[[backend]]: unknown section, did you mean [[pool.backend]]?"},
      {"[tls]\ncert = \"x\"",
       "[tls]: unknown section, allowed here: [proxy], [admin], [log], [[pool]], [[route]]"},
      {"[proxy.timeout]\nconnect = \"1s\"",
       "[proxy.timeout]: unknown section, did you mean [proxy.timeouts]?"},
      {"[[proxy]]\nworkers = 1",
       "[proxy]: is written [[proxy]], write [proxy]: single brackets, once"},
      {"[proxy]\ntimeouts = 3",
       "[proxy.timeouts]: the number 3 is no section, write [proxy.timeouts] in a line of its own, "
       "and its "
       "keys below"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.text);
    const auto errors = sample::errors_of(sample::smallest(each.text));
    CHECK(errors.size() == 1);
    CHECK(errors[0].substr(errors[0].find(" error: ") + 8) == each.error);
  }
}

TEST_CASE("keys above the first section are sent to theirs") {
  CHECK(sample::error_of("listen = [\"127.0.0.1:80\"]\n" + sample::smallest()) ==
        "1:1: error: listen: unknown key here, it belongs to [proxy] or [admin]");
}

TEST_CASE("[pool] instead of [[pool]] is told about the brackets") {
  CHECK(sample::error_of("[pool]\nname = \"a\"\nbackends = [\"a:1\"]\n[[route]]\npool = \"a\"\n") ==
        "1:2: error: [[pool]]: is written [pool], write [[pool]]: double brackets, once for each");
}

}  // namespace pinion::config
