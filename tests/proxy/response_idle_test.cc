// Backends that fall silent inside an answer.
#include "speech.h"

namespace pinion::proxy {
namespace {

using namespace test;
using metrics::CloseReason;
using std::chrono::milliseconds;

const std::string kBegun = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart";

Pipe begun(const RunningProxy& proxy, const Backend& backend, const std::string& request) {
  Peer client = proxy.client();
  client.send(request);
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  upstream.send(kBegun);
  client.read_until("part");
  return {std::move(client), std::move(upstream)};
}

}  // namespace

TEST_CASE("an answer inside which its backend falls silent is cut") {
  const Backend backend;
  RunningProxy proxy({backend.address()}, {.timeouts = "response_idle = \"200ms\""});
  Pipe pipe = begun(proxy, backend, get("/"));
  const TimePoint silent = monotonic_now();
  pipe.client.read_to_end();
  CHECK(monotonic_now() - silent >= milliseconds{150});
  CHECK(proxy.closes(CloseReason::backend_timeout) == 1);
}

TEST_CASE("a client that has left a stream of events is not told as a fault of its backend") {
  const Backend backend;
  RunningProxy proxy({backend.address()}, {.timeouts = "request_body_idle = \"200ms\""});
  Pipe pipe = begun(proxy, backend, get("/events"));
  pipe.client.finish();
  CHECK(eventually([&] { return proxy.closes(CloseReason::client_closed) == 1; }));
  CHECK(proxy.closes(CloseReason::backend_timeout) == 0);
  pipe.backend.read_to_end();
}

TEST_CASE("an answer that goes on is not cut, however long it takes") {
  const Backend backend;
  RunningProxy proxy({backend.address()}, {.timeouts = "response_idle = \"500ms\""});
  Pipe pipe = begun(proxy, backend, get("/"));
  for (int sent = 4; sent < 100; sent += 8) {
    const TimePoint last = monotonic_now();
    CHECK(eventually([&] { return monotonic_now() - last > milliseconds{80}; }));
    pipe.backend.send("8 bytes.");
    CHECK(pipe.client.read(8) == "8 bytes.");
  }
  CHECK(proxy.closes(CloseReason::backend_timeout) == 0);
}

TEST_CASE("a backend that is not read because of its client is not silent") {
  const Backend backend;
  RunningProxy proxy({backend.address()},
                     {.timeouts = "response_idle = \"200ms\"\nrequest_body_idle = \"100ms\""});
  const std::string body(std::size_t{8} << 20U, 'b');
  Peer client = proxy.client(4096);
  client.send(get("/"));
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  std::thread download([&] { upstream.send(answer(body)); });
  client.read_until("\r\n\r\n");
  const TimePoint stopped = monotonic_now();
  CHECK(eventually([&] { return monotonic_now() - stopped > milliseconds{900}; }));
  CHECK(client.read(body.size()) == body);
  download.join();
  CHECK(proxy.closes(CloseReason::backend_timeout) == 0);
}

TEST_CASE(
    "a backend that has begun its answer and then neither reads nor speaks is not waited for") {
  const Backend backend;
  RunningProxy proxy({backend.address()},
                     {.timeouts = "response_idle = \"300ms\"\nrequest_body_idle = \"100ms\""});
  Peer client = proxy.client();
  std::thread upload([&] {
    (void)client.send_what_fits(post("/upload", std::string(std::size_t{32} << 20U, 'b')),
                                std::size_t{32} << 20U);
  });
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  upstream.send(kBegun);
  CHECK(eventually([&] { return proxy.closes(CloseReason::backend_timeout) == 1; }));
  upload.join();
}

TEST_CASE("a client that keeps its body for itself is told when the answer ends too early") {
  const Backend backend;
  RunningProxy proxy({backend.address()}, {.timeouts = "response_idle = \"200ms\""});
  Peer client = proxy.client();
  client.send(
      "POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  upstream.send(kBegun);
  client.read_to_end();
  CHECK(proxy.closes(CloseReason::backend_timeout) == 1);
}

TEST_CASE("a chunked body for a session that is not there is refused before it is kept") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  Peer client = proxy.client();
  client.send(
      "POST /socket.io/?EIO=4&transport=polling&sid=nobody HTTP/1.1\r\nHost: x\r\n"
      "Transfer-Encoding: chunked\r\n\r\n4000\r\n");
  CHECK(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 400"));
  CHECK(proxy.buffered() == 0);
}

}  // namespace pinion::proxy
