#include "admin/client.h"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "server_fixture.h"

namespace pinion::admin {

namespace {

/// Listens, and answers one connection with fixed bytes, or with nothing at all.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer, bool close_after = true)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(fd_, raw, size) == 0);
    REQUIRE(::listen(fd_, 1) == 0);
    REQUIRE(::getsockname(fd_, raw, &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, answer = std::move(answer), close_after] {
      const int peer = ::accept(fd_, nullptr, nullptr);
      if (peer < 0) return;
      std::array<char, 4096> request{};
      const ssize_t got = ::recv(peer, request.data(), request.size(), 0);
      if (got > 0) request_.assign(request.data(), static_cast<std::size_t>(got));
      (void)!::write(peer, answer.data(), answer.size());
      if (!close_after) (void)::recv(peer, request.data(), request.size(), 0);
      ::close(peer);
    });
  }
  ~OneAnswer() {
    if (thread_.joinable()) thread_.join();
    ::close(fd_);
  }
  OneAnswer(const OneAnswer&) = delete;
  OneAnswer& operator=(const OneAnswer&) = delete;
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// What came, once the answer is out.
  [[nodiscard]] const std::string& request() {
    thread_.join();
    return request_;
  }

 private:
  int fd_;
  std::uint16_t port_ = 0;
  std::string request_;
  std::thread thread_;
};

std::string error_of(const std::string& url, std::chrono::milliseconds timeout) {
  const auto client = Client::create(url, "", timeout);
  if (!client) return client.error();
  const auto answer = client->request("GET", "/healthz");
  return answer ? "answered" : answer.error();
}

}  // namespace

TEST_CASE("wrong addresses") {
  for (const auto* url : {"127.0.0.1", "https://127.0.0.1:9180", "http://127.0.0.1", "http://",
                          "http://::1:80", "http://h:99999", "http://h:x", "unix:", ""}) {
    CAPTURE(url);
    const auto client = Client::create(url, "");
    REQUIRE_FALSE(client.has_value());
    CHECK(client.error().find("http://HOST:PORT or unix:/PATH") != std::string::npos);
  }
  for (const auto* url :
       {"http://localhost:1/", "http://[::1]:1", "unix:/run/x", "127.0.0.1:9180"}) {
    CHECK(Client::create(url, "").has_value());
  }
}

TEST_CASE("no answer says why") {
  using std::chrono::seconds;
  std::string url;
  {
    const ServerFixture fixture;
    url = fixture.url();
  }
  CHECK(error_of(url, seconds(5)) == "no answer from " + url + ": connection refused");
  CHECK(error_of("unix:/nonexistent/sock", seconds(5)) ==
        "no answer from unix:/nonexistent/sock: no such file or directory");
  const std::string long_path(200, 'x');
  CHECK(error_of("unix:/" + long_path, seconds(5)).ends_with("the path is too long"));
}

TEST_CASE("answers that are none") {
  using std::chrono::seconds;
  const auto error = [](const std::string& bytes) {
    const OneAnswer server{bytes};
    const std::string text = error_of(server.url(), seconds(5));
    return text.substr(std::min(text.size(), ("no answer from " + server.url() + ": ").size()));
  };
  CHECK(error("") == "the connection was closed without an answer");
  CHECK(error("HTTP/1.1 200 OK\r\ncontent-le") == "the answer was cut short");
  CHECK(error("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc") == "the answer was cut short");
  const std::string not_ours = "what answers there is not pinion's admin endpoint";
  CHECK(error("SSH-2.0-x\r\n\r\n") == not_ours);
  CHECK(error("HTTP/1.1 xxx\r\n\r\n") == not_ours);
  CHECK(error("HTTP/1.1\r\n\r\n") == not_ours);
  CHECK(error("HTTP/1.1 200 OK\r\n\r\n") == not_ours);
  CHECK(error("HTTP/1.1 200 OK\r\nnonsense\r\n\r\n") == not_ours);
  CHECK(error("HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n") == not_ours);
}

TEST_CASE("a server that says nothing is not waited for without end") {
  const OneAnswer server{"HTTP/1.1 200 OK\r\n", false};
  CHECK(error_of(server.url(), std::chrono::milliseconds(100)) ==
        "no answer from " + server.url() + ": timed out");
}

TEST_CASE("what the client sends") {
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
  std::string request;
  std::string url;
  {
    OneAnswer server{answer};
    url = server.url();
    const auto got = Client::create(url + "/", "tok")->request("POST", "/x", "{\"rate\":1}");
    REQUIRE(got.has_value());
    CHECK(got->body == "{}");
    request = server.request();
  }
  CHECK(request.starts_with("POST /x HTTP/1.1\r\nHost: " + url.substr(7) + "\r\n"));
  CHECK(request.find("\r\nAuthorization: Bearer tok\r\n") != std::string::npos);
  CHECK(request.ends_with("\r\nContent-Length: 10\r\n\r\n{\"rate\":1}"));
}

}  // namespace pinion::admin
