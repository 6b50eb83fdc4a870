#include "engineio/dialect.h"

#include <doctest/doctest.h>

#include <string>

namespace pinion::engineio {

TEST_CASE("every dialect of an unknown session is understood") {
  struct Row {
    const char* server;
    int status;
    bool upgrade;
    std::string_view body;
  };
  // As they came from the servers; the recorders beside tests/engineio/fixtures print them.
  const Row rows[] = {
      {"engine.io 1.8, 3.6, 6.6", 400, false, R"({"code":1,"message":"Session ID unknown"})"},
      {"engine.io 1.8, 3.6, 6.6, upgrade", 400, true, "Session ID unknown"},
      {"socketioxide", 400, false, R"({"code":"1","message":"Session ID unknown"})"},
      {"keys in another order", 400, false, R"({"message": "Session ID unknown", "code": 1})"},
      {"python-engineio, asyncio", 400, false, R"("Invalid session unknown")"},
      {"python-engineio under aiohttp, upgrade", 400, true, R"("Invalid session unknown")"},
      {"python-engineio, threads", 400, false, R"("Invalid session")"},
      {"python-engineio without quotes", 400, false, "Invalid session"},
      {"python-engineio without quotes", 400, false, "Invalid session x\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.server);
    CHECK(tells_unknown_session(row.status, row.body, row.upgrade));
  }
  CHECK(tells_unknown_session(400, kUnknownSessionBody, false));
}

TEST_CASE("an unknown session with a sid longer than the prefix is understood") {
  const std::string body = "\"Invalid session " + std::string(kErrorPrefix, 'x');
  CHECK(tells_unknown_session(400, std::string_view(body).substr(0, kErrorPrefix), false));
}

TEST_CASE("other errors leave the session alone") {
  struct Row {
    int status;
    bool upgrade;
    std::string_view body;
  };
  const Row rows[] = {
      {400, false, R"({"code":0,"message":"Transport unknown"})"},
      {400, false, R"({"code":2,"message":"Bad handshake method"})"},
      {400, false, R"({"code":3,"message":"Bad request"})"},
      {403, false, R"({"code":4,"message":"Forbidden"})"},
      {400, false, R"({"code":5,"message":"Unsupported protocol version"})"},
      {400, false, R"({"code":1,"message":"the application's own"})"},
      {400, false, R"({"code":1})"},
      {400, false, R"({"code":1,"message":"Session ID unknown")"},
      {400, false, R"({"a":{"message":"Session ID unknown"}})"},
      {400, false, "Session ID unknown"},
      {400, false, R"("Invalid transport")"},
      {400, false, R"("Invalid sessions")"},
      {400, false, R"("Bad Request")"},
      {400, false, ""},
      {400, true, ""},
      {400, true, "Bad request"},
      {403, true, "Forbidden"},
      {403, true, ""},
      {403, false, ""},
      {200, false, R"("Invalid session x")"},
      {500, false, R"({"code":1,"message":"Session ID unknown"})"},
      {404, true, "Session ID unknown"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.status);
    CAPTURE(row.body);
    CHECK_FALSE(tells_unknown_session(row.status, row.body, row.upgrade));
  }
}

}  // namespace pinion::engineio
