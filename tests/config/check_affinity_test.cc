#include "config/check_affinity.h"

#include <doctest/doctest.h>

#include <string>

#include "sample.h"

namespace pinion::config {
namespace {

/// Keys of [pool.affinity] from line 4 on, between those of the pool and the rest.
std::string affine(const std::string& keys) {
  return "[[pool]]\nname = \"chat\"\n[pool.affinity]\n" + keys +
         "[[pool.backend]]\naddress = \"127.0.0.1:3001\"\n[[route]]\npool = \"chat\"\n";
}

std::string with_path(const std::string& path, const std::string& keys) {
  return "[[pool]]\nname = \"chat\"\nsocketio_path = \"" + path +
         "\"\nbackends = [\"h:1\"]\n[pool.affinity]\n" + keys + "[[route]]\npool = \"chat\"\n";
}

}  // namespace

TEST_CASE("ids of every source are taken") {
  const Config config = sample::sound(
      affine("ids = [\"connect:a\", \"query:b\", \"header:C\", \"cookie:d\", \"json:e\"]\n"
             "json_paths = [\"/x\", \"/y/z\"]\n"));
  const Affinity& affinity = config.pools[0].affinity;
  REQUIRE(affinity.ids.size() == 5);
  CHECK(affinity.ids[2] == IdPlace{IdSource::header, "c"});
  CHECK(affinity.json_paths.size() == 2);
  for (const auto* alone : {"connect:a", "query:a", "header:a", "cookie:a"})
    CHECK(sample::sound(affine("ids = [\"" + std::string(alone) + "\"]\n")).pools.size() == 1);
}

TEST_CASE("an id that is no place is told what is allowed") {
  sample::expect_one(
      affine("ids = [\"query:a\", \"session\"]\n"),
      "4:19: error: [pool.affinity].ids: \"session\" does not say where the id stands, "
      "allowed: \"connect:FIELD\", \"query:NAME\", \"header:NAME\", \"cookie:NAME\" or "
      "\"json:FIELD\"");
  sample::expect_one(
      affine("json_paths = [\"mcp\"]\n"),
      "4:15: error: [pool.affinity].json_paths: \"mcp\" does not begin with '/', write "
      "\"/mcp\", allowed: the end of a path such as \"/login\"");
  CHECK(sample::error_of(affine("json_paths = [\"\"]\n")).find("\"\" is empty, allowed: ") !=
        std::string::npos);
  CHECK(sample::error_of(affine("json_paths = [\"/" + std::string(1024, 'a') + "\"]\n"))
            .find("has 1025 bytes, 1024 are possible, allowed: ") != std::string::npos);
}

TEST_CASE("an id that is there twice") {
  sample::expect_one(
      affine("ids = [\"header:A\", \"query:a\", \"header:a\"]\n"),
      "4:31: error: [pool.affinity].ids: \"header:a\" is there twice, each place is named "
      "once");
  sample::expect_one(
      affine("ids = [\"cookie:A\", \"cookie:a\", \"cookie:a\", \"query:a\"]\n"),
      "4:32: error: [pool.affinity].ids: \"cookie:a\" is there twice, each place is named "
      "once");
}

TEST_CASE("more entries than a list may have") {
  std::string ids;
  std::string paths;
  for (int i = 0; i < 33; ++i) {
    if (i < 17) ids += "\"query:a" + std::to_string(i) + "\", ";
    paths += "\"/a\", ";
  }
  CHECK(sample::error_of(affine("ids = [" + ids + "]\n"))
            .find("the list has 17 entries, allowed: a "
                  "list of at most 16, each ") != std::string::npos);
  CHECK(sample::error_of(affine("ids = [\"json:a\"]\njson_paths = [" + paths + "]\n"))
            .find("the list has 33 entries, allowed: a list of at most 32, each ") !=
        std::string::npos);
}

TEST_CASE("json ids without paths, and paths without such ids") {
  sample::expect_one(
      affine("ids = [\"query:a\", \"json:a\"]\n"),
      "4:19: error: [pool.affinity].ids: \"json:a\" would never be found, since json_paths "
      "is empty: add the ends of the paths whose requests have it in their bodies, such as "
      "json_paths = [\"/login\"]");
  sample::expect_one(
      affine("ids = [\"query:a\"]\njson_paths = [\"/a\"]\n"),
      "5:14: error: [pool.affinity].json_paths: no body would be read, since ids has no "
      "\"json:FIELD\": add one, or remove json_paths");
  CHECK(sample::errors_of(affine("json_paths = [\"/a\"]\n")).size() == 1);
  // What could not be read is the only error.
  CHECK(sample::errors_of(affine("ids = [\"jsn:a\"]\njson_paths = [\"/a\"]\n")).size() == 1);
  CHECK(sample::errors_of(affine("ids = [\"json:a\"]\njson_paths = [\"a\"]\n")).size() == 1);
  CHECK(sample::errors_of(affine("ids = [\"json:a\"]\nkeep = 5\n")).size() == 2);
}

TEST_CASE("ids of CONNECT in a pool without socket.io") {
  sample::expect_one(
      with_path("", "ids = [\"query:a\", \"connect:a\"]\n"),
      "6:19: error: [pool.affinity].ids: \"connect:a\" is read from socket.io sessions, and "
      "the pool has none: set its socketio_path, or remove this id");
  sample::sound(with_path("", "ids = [\"query:a\"]\n"));
  sample::sound(with_path("/ws/", "ids = [\"connect:a\"]\n"));
}

TEST_CASE("pinion's own cookie has a name of its own, and a key that is one") {
  sample::expect_one(
      affine("ids = [\"cookie:id\"]\ncookie = \"id\"\n"),
      "5:10: error: [pool.affinity].cookie: \"id\" is a cookie of the application's, as "
      "\"cookie:id\" in ids says: pinion's own needs another name");
  sample::sound(affine("ids = [\"cookie:id\", \"query:pinion\"]\ncookie = \"pinion\"\n"));
  sample::expect_one(
      affine("cookie = \"a b\"\n"),
      "4:10: error: [pool.affinity].cookie: \"a b\" has a ' ' in it, allowed: 1 to 64 letters, "
      "digits, and ! # $ % & ' * + - . ^ _ ` | ~, or \"\" (it sets none)");
  sample::expect_one(
      affine("cookie_key_file = \"/nonexistent\"\n"),
      "4:19: error: [pool.affinity].cookie_key_file: \"/nonexistent\" cannot be read: No such "
      "file or directory");
  sample::expect_one(
      affine("cookie_key_file = \"/dev/null\"\n"),
      "4:19: error: [pool.affinity].cookie_key_file: \"/dev/null\" has 0 bytes, allowed: at "
      "least 16");
}

}  // namespace pinion::config
