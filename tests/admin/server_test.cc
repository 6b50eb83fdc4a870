#include "admin/server.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "base/percent.h"
#include "raw_socket.h"
#include "server_fixture.h"

namespace pinion::admin {

TEST_CASE("what the endpoint says arrives over a socket") {
  const ServerFixture fixture;
  const auto client = fixture.client();
  const auto health = client.request("GET", "/healthz");
  REQUIRE(health.has_value());
  CHECK(health->status == 200);
  CHECK(health->body == "ok\n");
  const auto status = client.request("GET", "/api/v1/status");
  REQUIRE(status.has_value());
  CHECK(nlohmann::json::parse(status->body)["version"] == "1.2.3");
  CHECK(client.request("GET", "/nothing")->status == 404);
  CHECK(client.request("POST", "/healthz", "{}")->status == 405);
}

TEST_CASE("the head has what a client needs") {
  const ServerFixture fixture;
  const std::string answer = RawSocket::exchange(
      fixture.server.port(), "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(answer.find("content-length: 3\r\n") != std::string::npos);
  CHECK(answer.find("connection: close\r\n") != std::string::npos);
  CHECK(answer.find("cache-control: no-store\r\n") != std::string::npos);
  CHECK(answer.ends_with("\r\n\r\nok\n"));
}

TEST_CASE("HEAD has the length and no body") {
  const ServerFixture fixture;
  const std::string answer = RawSocket::exchange(
      fixture.server.port(), "HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(answer.find("content-length: 3\r\n") != std::string::npos);
  CHECK(answer.ends_with("\r\n\r\n"));
}

TEST_CASE("sids are percent-decoded once, whatever they hold") {
  ServerFixture fixture;
  const std::vector<std::string> sids = {
      "plain_-20", "a+b", "a b", "a/b=", "100%25", "\xc3\xbc", "a&b;c", "?x#"};
  for (const auto& sid : sids) fixture.control.table.push_back(example_session(sid));
  for (const auto& sid : sids) {
    CAPTURE(sid);
    const auto answer = fixture.client().request("GET", "/api/v1/sessions/" + percent_encode(sid));
    REQUIRE(answer.has_value());
    REQUIRE(answer->status == 200);
    CHECK(nlohmann::json::parse(answer->body)["sid"] == sid);
  }
}

TEST_CASE("the query is decoded too") {
  const ServerFixture fixture;
  const auto answer = fixture.client().request(
      "GET", "/api/v1/sessions?backend=" + percent_encode("chat/a&b=c d") + "&sort=idle&order=asc");
  REQUIRE(answer.has_value());
  CHECK(answer->status == 200);
  CHECK(fixture.control.last_query().backend == "chat/a&b=c d");
  CHECK(fixture.control.last_query().sort == SessionSort::idle);
  CHECK(fixture.client().request("GET", "/api/v1/sessions?limit=5000")->status == 400);
}

TEST_CASE("a change needs the token, reading does not") {
  const ServerFixture fixture{{}, "s3cret"};
  CHECK(fixture.client().request("GET", "/api/v1/sessions/abc")->status == 200);
  CHECK(fixture.client().request("DELETE", "/api/v1/sessions/abc")->status == 401);
  CHECK(fixture.client("wrong").request("DELETE", "/api/v1/sessions/abc")->status == 401);
  CHECK(fixture.control.closed().empty());
  CHECK(fixture.control.refused(metrics::AdminRefusal::unauthorized) == 2);
  CHECK(fixture.client("s3cret").request("DELETE", "/api/v1/sessions/abc")->status == 200);
  CHECK(fixture.control.closed() == std::vector<std::string>{"abc"});
  const std::string answer = RawSocket::exchange(
      fixture.server.port(), "DELETE /api/v1/sessions/abc HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(answer.find("www-authenticate: Bearer") != std::string::npos);
}

TEST_CASE("pages of other origins and re-bound names are refused") {
  const ServerFixture fixture;
  const auto status = [&fixture](const std::string& head) {
    return RawSocket::exchange(fixture.server.port(), head + "\r\n\r\n").substr(9, 3);
  };
  CHECK(status("GET /api/v1/status HTTP/1.1\r\nHost: evil.example") == "403");
  CHECK(status("GET /api/v1/status HTTP/1.1\r\nHost: localhost:1") == "200");
  CHECK(status("GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nHost: evil.example") == "403");
  CHECK(status("GET /api/v1/status HTTP/1.0") == "200");
  const std::string del = "DELETE /api/v1/sessions/abc HTTP/1.1\r\nHost: localhost:9180\r\n";
  CHECK(status(del + "Origin: http://evil.example") == "403");
  CHECK(status(del + "Origin: null") == "403");
  CHECK(fixture.control.refused(metrics::AdminRefusal::unknown_host) == 2);
  CHECK(fixture.control.refused(metrics::AdminRefusal::cross_origin) == 2);
  CHECK(fixture.control.closed().empty());
  CHECK(status(del + "Origin: http://localhost:9180") == "200");
}

TEST_CASE("a unix socket is for its owner and group") {
  const std::string path =
      std::filesystem::temp_directory_path() / ("pinion-admin-" + std::to_string(::getpid()));
  const auto address = SocketAddress::from_unix_path(path);
  for (int round = 0; round < 2; ++round) {
    const ServerFixture fixture{{}, "", address};
    struct stat info{};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 07) == 0);
    const auto client = Client::create("unix:" + path, "");
    REQUIRE(client.has_value());
    CHECK(client->request("GET", "/healthz")->body == "ok\n");
    // A second server must not take the path away from a living one.
    TableControl control;
    AdminServer second{control, const_cast<log::Logger&>(fixture.log)};
    CHECK_FALSE(second.start(address, "").has_value());
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("an address that cannot be had is one clear line") {
  ServerFixture fixture;
  const auto taken = *SocketAddress::from_ip("127.0.0.1", fixture.server.port());
  AdminServer second{fixture.control, fixture.log};
  const auto error = [&second](const SocketAddress& address) {
    const auto started = second.start(address, "");
    return started ? std::string("started") : started.error();
  };
  CHECK(error(taken) == "the admin endpoint cannot listen on " + taken.to_string() +
                            ": the address is in use; stop what listens there or choose another "
                            "in [admin].listen");
  CHECK(error(*SocketAddress::from_ip("192.0.2.1", 0)).find("this machine has no such address") !=
        std::string::npos);
  CHECK(error(SocketAddress::from_unix_path("/nonexistent/x.sock"))
            .find("No such file or directory") != std::string::npos);
  CHECK(second.port() == 0);
  second.stop();
}

TEST_CASE("stop ends open connections, and a stopped server starts again") {
  ServerFixture fixture;
  RawSocket idle{fixture.server.port()};
  RawSocket half{fixture.server.port()};
  half.send("GET /healthz HT");
  CHECK(fixture.client().request("GET", "/healthz").has_value());  // both are accepted by now
  fixture.server.stop();
  CHECK(idle.receive().empty());
  CHECK_FALSE(idle.timed_out());
  CHECK(half.receive().empty());
  CHECK(fixture.server.port() == 0);
  REQUIRE(fixture.server.start(ServerFixture::any_port(), "").has_value());
  CHECK(fixture.client().request("GET", "/healthz").has_value());
}

TEST_CASE("many clients at once") {
  const ServerFixture fixture;
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        const auto answer = fixture.client().request("GET", "/api/v1/status");
        if (answer && answer->status == 200) good.fetch_add(1);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(good.load() == 400);
}

}  // namespace pinion::admin
