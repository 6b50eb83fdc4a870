#include "http/head.h"

#include <doctest/doctest.h>

namespace pinion::http {

TEST_CASE("fields keep order, case and repetition") {
  Fields fields;
  fields.add("Set-Cookie", "a=1");
  fields.add("X-Empty", "");
  fields.add("set-cookie", "b=2");
  REQUIRE(fields.size() == 3);
  CHECK(fields[0].name == "Set-Cookie");
  CHECK(fields[1].value.empty());
  CHECK(fields[2].name == "set-cookie");
  CHECK(fields[2].value == "b=2");
}

TEST_CASE("fields are found by name whatever its case") {
  Fields fields;
  fields.add("Accept", "x");
  fields.add("ACCEPT", "y");
  CHECK(fields.find("accept") == "x");
  CHECK(fields.count("aCCept") == 2);
  CHECK_FALSE(fields.find("Accep").has_value());
  CHECK_FALSE(fields.find("Accept-").has_value());
  CHECK(fields.count("Host") == 0);
}

TEST_CASE("lists looks at the elements of every field of that name") {
  Fields fields;
  fields.add("Connection", "keep-alive, ");
  fields.add("connection", "x,UPGRADE");
  CHECK(fields.lists("Connection", "upgrade"));
  CHECK(fields.lists("Connection", "Keep-Alive"));
  CHECK_FALSE(fields.lists("Connection", "keep"));
  CHECK_FALSE(fields.lists("Connection", ""));
  CHECK_FALSE(fields.lists("Upgrade", "x"));
}

TEST_CASE("cleared fields are as good as new") {
  Fields fields;
  fields.add("A", "1");
  fields.clear();
  CHECK(fields.size() == 0);
  fields.add("B", "2");
  CHECK(fields[0].name == "B");
  CHECK_FALSE(fields.find("A").has_value());
}

TEST_CASE("path and query are split at the first question mark") {
  RequestHead head;
  head.target = "/socket.io/?EIO=4&x=?";
  CHECK(head.path() == "/socket.io/");
  CHECK(head.query() == "EIO=4&x=?");
  head.target = "/plain";
  CHECK(head.path() == "/plain");
  CHECK(head.query().empty());
  head.target = "/?";
  CHECK(head.path() == "/");
  CHECK(head.query().empty());
}

}  // namespace pinion::http
