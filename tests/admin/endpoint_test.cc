#include "admin/endpoint.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "null_file.h"
#include "table_control.h"

namespace pinion::admin {

namespace {

struct Fixture {
  TableControl control;
  const NullFile null;
  log::Logger log{{.fd = null.fd}};
  Endpoint endpoint{Guard{"", "127.0.0.1"}, control, log};

  Fixture() {
    control.status_view = example_status();
    control.table = {example_session("abc"), example_session("d/e+\xff")};
  }

  Answer ask(Method method, std::string path, std::vector<std::string> query = {}) {
    Request request;
    request.method = method;
    request.path = std::move(path);
    request.query = std::move(query);
    request.host = "127.0.0.1:9180";
    return endpoint.answer(request);
  }
  Answer post(std::string path, std::string body) {
    Request request;
    request.method = Method::post;
    request.path = std::move(path);
    request.body = std::move(body);
    request.host = "127.0.0.1:9180";
    return endpoint.answer(request);
  }
  nlohmann::json json(const std::string& path) {
    return nlohmann::json::parse(ask(Method::get, path).body);
  }
};

std::string code_of(const Answer& answer) {
  return nlohmann::json::parse(answer.body)["error"]["code"];
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "health and readiness") {
  CHECK(ask(Method::get, "/healthz").body == "ok\n");
  CHECK(ask(Method::get, "/readyz").status == 200);
  control.why_not_ready = "pool chat has no backend";
  const auto answer = ask(Method::get, "/readyz");
  CHECK(answer.status == 503);
  CHECK(nlohmann::json::parse(answer.body)["error"]["message"] == "pool chat has no backend");
}

TEST_CASE_FIXTURE(Fixture, "metrics come as Prometheus wants them") {
  const auto answer = ask(Method::get, "/metrics");
  CHECK(answer.content_type == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(answer.body == control.metrics);
}

TEST_CASE_FIXTURE(Fixture, "status has the backends by pool") {
  const auto status = json("/api/v1/status");
  CHECK(status["version"] == "1.2.3");
  CHECK(status["uptime_s"] == 11520.5);
  CHECK(status["workers"] == 2);
  CHECK(status["connections"] == 321);
  CHECK(status["memory_bytes"] == 19293798);
  REQUIRE(status["pools"].size() == 2);
  CHECK(status["pools"][0]["name"] == "chat");
  CHECK(status["pools"][0]["waiting"] == 12);
  CHECK(status["overload"]["used"]["connections"] == 0.875);
  CHECK(status["overload"]["rungs"].size() == 2);
  CHECK(status["overload"]["rungs"][1] == "short_idle");
  CHECK(status["pools"][0]["waiting_limit"] == 1000);
  CHECK(status["pools"][0]["backends"].size() == 2);
  CHECK(status["pools"][1]["backends"][0]["name"] == "files-1");
  CHECK(status["totals"]["sessions_total"] == 4567);
}

TEST_CASE_FIXTURE(Fixture, "backends") {
  const auto backends = json("/api/v1/backends");
  REQUIRE(backends.size() == 3);
  const auto& first = backends[0];
  CHECK(first["pool"] == "chat");
  CHECK(first["state"] == "up");
  CHECK(first["ready"] == true);
  CHECK(first["websocket"] == 118);
  CHECK(first["load"] == 1.23);
  CHECK(first["why"] == "measured");
  CHECK(first["work_rate"] == 300);
  CHECK(first["frames_out_rate"] == 280.5);
  CHECK(first["cost_us"] == 2000);
  CHECK(backends[1]["load"].is_null());
  CHECK(backends[1]["cost_us"].is_null());
  CHECK(first["probe_latency_ms"].is_null());
  CHECK(backends[1]["reason"] == "connection refused");
  CHECK(backends[2]["probe_latency_ms"] == 1.5);
  CHECK(first["busy_share"].is_null());
  CHECK(first["probe_wait_ms"].is_null());
  CHECK(first["load_confidence"] == 0.0);
  CHECK(backends[2]["busy_share"] == 0.625);
  CHECK(backends[2]["probe_wait_ms"] == 2.5);
  CHECK(backends[2]["load_confidence"] == 0.75);
}

TEST_CASE_FIXTURE(Fixture, "sessions, page by page") {
  const auto first = nlohmann::json::parse(ask(Method::get, "/api/v1/sessions", {"limit=1"}).body);
  REQUIRE(first["sessions"].size() == 1);
  CHECK(first["sessions"][0]["sid"] == "abc");
  REQUIRE(first["next"].is_string());
  const std::string cursor = first["next"];
  const auto second = nlohmann::json::parse(
      ask(Method::get, "/api/v1/sessions", {"limit=1", "cursor=" + cursor}).body);
  CHECK(second["sessions"][0]["sid"] == "d/e+\xEF\xBF\xBD");
  CHECK(second["next"].is_null());
  const auto wrong = ask(Method::get, "/api/v1/sessions", {"limit=x"});
  CHECK(wrong.status == 400);
  CHECK(code_of(wrong) == "bad_parameter");
}

TEST_CASE_FIXTURE(Fixture, "one session") {
  const auto session = json("/api/v1/sessions/abc");
  CHECK(session["sid"] == "abc");
  CHECK(session["bytes_out"] == 3 * 1024 * 1024);
  CHECK(session["rtt_ms"] == 0.5);
  CHECK(session["rtt_seen"] == "client");
  CHECK(session["frames_out_rate"] == 1.0);
  CHECK(session["last_error"] == "backend-5xx");
  CHECK(session["affinity"] == true);
  CHECK(session["upstream_sid"] == "its-other-name");
  CHECK(ask(Method::get, "/api/v1/sessions/d/e+\xff").status == 200);
  const auto unknown = ask(Method::get, "/api/v1/sessions/nobody");
  CHECK(unknown.status == 404);
  CHECK(code_of(unknown) == "unknown_session");
}

TEST_CASE_FIXTURE(Fixture, "a session can be closed") {
  const auto answer = ask(Method::delete_, "/api/v1/sessions/abc");
  CHECK(answer.status == 200);
  CHECK(nlohmann::json::parse(answer.body)["closed"] == "abc");
  CHECK(control.closed() == std::vector<std::string>{"abc"});
  CHECK(ask(Method::delete_, "/api/v1/sessions/nobody").status == 404);
}

TEST_CASE_FIXTURE(Fixture, "other paths and methods") {
  for (const auto* path :
       {"/", "/api", "/api/v1/", "/api/v1/sessions/", "/healthz/", "/api/v1/reload/",
        "/api/v1/backends/chat/chat-1/stop", "/METRICS", ""}) {
    CAPTURE(path);
    const auto answer = ask(Method::get, path);
    CHECK(answer.status == 404);
    CHECK(code_of(answer) == "not_found");
  }
  for (const auto method :
       {Method::post, Method::put, Method::patch, Method::options, Method::other}) {
    const auto answer = ask(method, "/api/v1/status");
    CHECK(answer.status == 405);
    REQUIRE(answer.fields.size() == 1);
    CHECK(answer.fields[0].second == "GET, HEAD");
  }
  CHECK(ask(Method::delete_, "/metrics").status == 405);
  CHECK(ask(Method::post, "/api/v1/sessions/abc").fields[0].second == "GET, HEAD, DELETE");
  CHECK(ask(Method::head, "/api/v1/status").body == ask(Method::get, "/api/v1/status").body);
}

TEST_CASE_FIXTURE(Fixture, "the guard comes first") {
  Request request;
  request.path = "/api/v1/sessions/abc";
  request.host = "evil.example";
  CHECK(endpoint.answer(request).status == 403);
  request.host = "localhost";
  request.origin = "http://evil.example";
  CHECK(endpoint.answer(request).status == 200);  // reading is open
  request.method = Method::delete_;
  CHECK(endpoint.answer(request).status == 403);
  CHECK(control.closed().empty());
}

TEST_CASE_FIXTURE(Fixture, "a backend is drained and taken back") {
  const std::string drain = "/api/v1/backends/chat/chat-1/drain";
  const auto answer = post(drain, R"({"close":true,"rate":2.5})");
  CHECK(answer.status == 200);
  CHECK(nlohmann::json::parse(answer.body)["state"] == "draining");
  CHECK(control.last_order().close);
  CHECK(control.last_order().per_second == 2.5);
  CHECK(post(drain, "").status == 200);
  CHECK_FALSE(control.last_order().close);
  CHECK(control.last_order().per_second == 10);
  CHECK(post("/api/v1/backends/chat/chat-1/undrain", "{}").status == 200);
  CHECK(json("/api/v1/backends")[0]["state"] == "up");
  const auto wrong = ask(Method::get, drain);
  CHECK(wrong.status == 405);
  CHECK(wrong.fields.front() == std::pair<std::string, std::string>{"allow", "POST"});
  CHECK(code_of(post("/api/v1/backends/chat/nobody/drain", "")) == "unknown_backend");
  for (const char* body : {"[]", "{", R"({"rate":0})", R"({"rate":"10"})", R"({"rate":10001})",
                           R"({"close":1})", R"({"clsoe":true})"}) {
    CAPTURE(body);
    CHECK(post(drain, body).status == 400);
  }
}

TEST_CASE_FIXTURE(Fixture, "a backend may be named by the path of a socket") {
  control.status_view.backends[0].name = "unix:/run/chat.sock";
  CHECK(post("/api/v1/backends/chat/unix:/run/chat.sock/drain", "").status == 200);
  for (const char* path : {"/api/v1/backends/chat/drain", "/api/v1/backends//drain",
                           "/api/v1/backends/chat//drain", "/api/v1/backends/chat/chat-1/stop"}) {
    CAPTURE(path);
    CHECK(post(path, "").status == 404);
  }
}

TEST_CASE_FIXTURE(Fixture, "a pool is evened out") {
  const auto answer = post("/api/v1/pools/chat/rebalance", R"({"rate":5})");
  CHECK(answer.status == 200);
  CHECK(nlohmann::json::parse(answer.body) ==
        nlohmann::json{{"pool", "chat"},
                       {"to_move", 33},
                       {"rate", 5.0},
                       {"waits_for", nlohmann::json::array()}});
  CHECK(code_of(post("/api/v1/pools/nobody/rebalance", "")) == "unknown_pool");
  CHECK(post("/api/v1/pools/chat/rebalance", R"({"close":true})").status == 400);
}

TEST_CASE_FIXTURE(Fixture, "a pool is evened out no longer") {
  const auto stop = [this](const std::string& pool) {
    return ask(Method::delete_, "/api/v1/pools/" + pool + "/rebalance");
  };
  CHECK(nlohmann::json::parse(stop("chat").body) ==
        nlohmann::json{{"pool", "chat"}, {"stopped", true}, {"left", 21}, {"moved", 12}});
  CHECK(nlohmann::json::parse(stop("chat").body)["stopped"] == false);
  CHECK(code_of(stop("nobody")) == "unknown_pool");
  CHECK(ask(Method::get, "/api/v1/pools/chat/rebalance").status == 405);
  CHECK(ask(Method::delete_, "/api/v1/backends/chat/chat-1/drain").status == 405);
}

TEST_CASE_FIXTURE(Fixture, "for whom it waits to even a pool out is told") {
  control.waits_for = {"chat-2"};
  const auto answer = post("/api/v1/pools/chat/rebalance", "");
  CHECK(nlohmann::json::parse(answer.body)["waits_for"] == nlohmann::json{"chat-2"});
  CHECK(json("/api/v1/status")["pools"][0]["rebalance"].is_null());
  control.status_view.pools[0].rebalance = {
      .remaining = 5, .moved = 1, .per_second = 2, .waits_for = {"chat-2"}};
  CHECK(json("/api/v1/status")["pools"][0]["rebalance"] ==
        nlohmann::json{{"left", 5}, {"moved", 1}, {"rate", 2.0}, {"waits_for", {"chat-2"}}});
}

TEST_CASE_FIXTURE(Fixture, "what is being moved is told") {
  CHECK(json("/api/v1/backends")[0]["moving"].is_null());
  control.status_view.backends[0].moving =
      MovingView{.why = "drain", .remaining = 80, .moved = 40, .per_second = 10};
  CHECK(json("/api/v1/backends")[0]["moving"] ==
        nlohmann::json{{"why", "drain"}, {"left", 80}, {"moved", 40}, {"rate", 10.0}});
}

TEST_CASE("orders need the token") {
  TableControl control;
  control.status_view = example_status();
  const NullFile null;
  log::Logger log{{.fd = null.fd}};
  Endpoint endpoint{Guard{"secret", "127.0.0.1"}, control, log};
  for (const char* path : {"/api/v1/backends/chat/chat-1/drain", "/api/v1/pools/chat/rebalance"}) {
    Request request;
    request.method = Method::post;
    request.path = path;
    CHECK(endpoint.answer(request).status == 401);
    request.authorization = "Bearer secret";
    CHECK(endpoint.answer(request).status == 200);
  }
  Request stop;
  stop.method = Method::delete_;
  stop.path = "/api/v1/pools/chat/rebalance";
  CHECK(endpoint.answer(stop).status == 401);
  CHECK(control.stopped.stopped);
}

TEST_CASE_FIXTURE(Fixture, "a reload tells what it did, or all that is wrong") {
  const auto done = post("/api/v1/reload", "");
  CHECK(done.status == 200);
  CHECK(nlohmann::json::parse(done.body) ==
        nlohmann::json{{"changes", {"a change"}}, {"restart", {"a key"}}});
  CHECK(ask(Method::get, "/api/v1/reload").status == 405);
  control.reloaded.not_done = {"what failed"};
  const auto partly = post("/api/v1/reload", "");
  CHECK(partly.status == 200);
  CHECK(nlohmann::json::parse(partly.body) == nlohmann::json{{"changes", {"a change"}},
                                                             {"restart", {"a key"}},
                                                             {"errors", {"what failed"}}});
  control.reloaded = {};
  control.reloaded.errors = {"first", "second"};
  const auto failed = post("/api/v1/reload", "");
  CHECK(failed.status == 422);
  CHECK(nlohmann::json::parse(failed.body)["error"] ==
        nlohmann::json{
            {"code", "reload_failed"}, {"message", "first"}, {"details", {"first", "second"}}});
  control.reloaded = {};
  control.reloaded.under_way = true;
  const auto late = post("/api/v1/reload", "");
  CHECK(late.status == 503);
  CHECK(code_of(late) == "reload_under_way");
}

}  // namespace pinion::admin
