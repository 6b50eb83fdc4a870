#include "proxy/affinity.h"

#include <doctest/doctest.h>

#include "support/start.h"

namespace pinion::proxy {
namespace {

using config::IdSource;
using pinion::test::kStart;
using namespace std::chrono_literals;

config::Affinity all_sources() {
  return {.ids = {{IdSource::connect, "sessionId"},
                  {IdSource::query, "session_id"},
                  {IdSource::header, "x-session-id"},
                  {IdSource::json, "sessionId"},
                  {IdSource::json, "session_id"},
                  {IdSource::cookie, "tab"}},
          .json_paths = {"/project/action", "/mcp"},
          .keep = 1h};
}

http::RequestHead asking(std::string target, http::Framing framing = {}) {
  http::RequestHead head;
  head.method = "POST";
  head.target = std::move(target);
  head.framing = framing;
  return head;
}

constexpr http::Framing length(std::uint64_t bytes) {
  return {.kind = http::Framing::Kind::length, .length = bytes};
}

}  // namespace

TEST_CASE("ids are found in query, header and cookie, and it is known which are stated") {
  http::RequestHead head = asking("/project/file?a=b&session_id=from%2Dquery");
  head.fields.add("X-Session-ID", "from-header");
  head.fields.add("Cookie", "other=1; tab=from-cookie");
  const AffinityIds ids = ids_in_head(head, all_sources());
  REQUIRE(ids.size() == 3);
  CHECK(ids[0].id == "from-query");
  CHECK(ids[0].stated);
  CHECK(ids[1].id == "from-header");
  CHECK(ids[1].stated);
  CHECK(ids[2].id == "from-cookie");
  CHECK_FALSE(ids[2].stated);
}

TEST_CASE("what is empty or too long is no id") {
  http::RequestHead head = asking("/?session_id=");
  head.fields.add("x-session-id", std::string(session::kMaxAffinityId + 1, 'x'));
  CHECK(ids_in_head(head, all_sources()).empty());
  AffinityIds ids;
  add_ids_in_body(ids, R"({"sessionId":"","session_id":7})", all_sources());
  CHECK(ids.empty());
}

TEST_CASE("what a body states goes before what the head does") {
  AffinityIds ids = {{"from-cookie", false}};
  add_ids_in_body(ids, R"({"session_id":"b","x":{"sessionId":"inner"},"sessionId":"a"})",
                  all_sources());
  REQUIRE(ids.size() == 3);
  CHECK(ids[0].id == "a");
  CHECK(ids[1].id == "b");
  CHECK(ids[2].id == "from-cookie");
}

TEST_CASE("bodies are read at the ends of paths that the config names, if they are not too long") {
  const config::Affinity affinity = all_sources();
  CHECK(reads_body(asking("/project/action", length(10)), affinity));
  CHECK(reads_body(asking("/root/project/action/?x=/y", length(65536)), affinity));
  CHECK(reads_body(asking("/mcp", {.kind = http::Framing::Kind::chunked, .length = 0}), affinity));
  CHECK_FALSE(reads_body(asking("/mcp", length(65537)), affinity));
  CHECK_FALSE(reads_body(asking("/mcp"), affinity));
  CHECK_FALSE(reads_body(asking("/mcp/more", length(10)), affinity));
  CHECK_FALSE(reads_body(asking("/?/mcp", length(10)), affinity));
  http::RequestHead coded = asking("/mcp", length(10));
  coded.fields.add("Content-Encoding", "gzip");
  CHECK_FALSE(reads_body(coded, affinity));
}

TEST_CASE("a CONNECT states its id at the top level of what it says") {
  const auto ids = [](std::string_view auth) {
    return ids_in_connect({.nsp = "/", .auth = auth}, all_sources());
  };
  const AffinityIds found = ids(R"({"clientType":"webapp","sessionId":"x"})");
  REQUIRE(found.size() == 1);
  CHECK(found[0].id == "x");
  CHECK(found[0].stated);
  CHECK(ids(R"({"session_id":"x"})").empty());
  CHECK(ids(R"({"a":{"sessionId":"x"}})").empty());
  CHECK(ids("{").empty());
  CHECK(ids("").empty());
}

TEST_CASE("of several ids in a CONNECT the session belongs to the best known, or else the first") {
  session::AffinityTable table(100);
  (void)table.bind({0, "in use"}, 1, 1h, kStart);
  table.release(table.bind({0, "at rest"}, 2, 1h, kStart), kStart);
  table.suggest({0, "heard of"}, 3, 1h, kStart);
  const auto best = [&](const AffinityIds& ids) { return id_of_connect(table, 0, ids, kStart); };
  CHECK(best({}).empty());
  CHECK(best({{"new"}}) == "new");
  CHECK(best({{"new"}, {"newer"}}) == "new");
  CHECK(best({{"new"}, {"heard of"}}) == "new");
  CHECK(best({{"new"}, {"at rest"}}) == "at rest");
  CHECK(best({{"at rest"}, {"in use"}, {"new"}}) == "in use");
  const AffinityIds both = ids_in_connect(
      {.nsp = "/", .auth = R"({"b":"in use","a":"new"})"},
      {.ids = {{IdSource::connect, "a"}, {IdSource::query, "b"}, {IdSource::connect, "b"}}});
  CHECK(best(both) == "in use");
}

TEST_CASE("stated goes before cookie, in use before at rest, and that before only heard of") {
  session::AffinityTable table(100);
  (void)table.bind({0, "in use"}, 1, 1h, kStart);
  table.release(table.bind({0, "at rest"}, 2, 1h, kStart), kStart);
  table.suggest({0, "heard of"}, 3, 1h, kStart);
  const auto home = [&](const AffinityIds& ids) -> int {
    const auto found = find_home(table, 0, ids, kStart);
    return found ? static_cast<int>(found->found.backend) : -1;
  };
  CHECK(home({{"in use", false}, {"heard of", true}}) == 3);
  CHECK(home({{"at rest", true}, {"in use", true}}) == 1);
  CHECK(home({{"heard of", true}, {"at rest", true}}) == 2);
  CHECK(home({{"heard of", false}, {"in use", false}}) == 1);
  CHECK(home({{"nobody's", true}, {"in use", false}}) == 1);
  CHECK(home({{"nobody's", true}}) == -1);
  CHECK_FALSE(find_home(table, 1, {{"in use", true}}, kStart));
  CHECK(find_home(table, 0, {{"nobody's", true}, {"in use", false}}, kStart)->stated == false);
  CHECK(find_home(table, 0, {{"at rest", true}, {"in use", false}}, kStart)->stated);
}

}  // namespace pinion::proxy
