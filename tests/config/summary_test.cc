#include "config/summary.h"

#include <doctest/doctest.h>

#include <string>

#include "sample.h"

namespace pinion::config {
namespace {

constexpr std::string_view kFile = R"(
[proxy]
listen = ["127.0.0.1:8080", "[::1]:8080"]
workers = 2
[proxy.limits]
body = "500MiB"
[[pool]]
name = "chat"
socketio_path = "/chat/socket.io"
backends = ["127.0.0.1:3001"]
[[pool.backend]]
name = "big"
address = "localhost:3002"
weight = 2
[[pool]]
name = "static"
backends = ["127.0.0.1:4001"]
[[route]]
host = "Example.com"
path = "/chat/"
pool = "chat"
[[route]]
path = "/static/"
pool = "static"
)";

}  // namespace

TEST_CASE("the summary shows what is in force, and what is not the default") {
  const auto text = summary(sample::sound(kFile));
  CAPTURE(text);
  const char* const routes =
      "\n[[route]]\n"
      "  host         path      pool\n"
      "  example.com  /chat/    chat\n"
      "  (any host)   /static/  static\n";
  const char* const backends =
      "\n  backends (2)\n"
      "    name            address         weight  max_sessions  agent\n"
      "    127.0.0.1:3001  127.0.0.1:3001  1       0 (no limit)  (it has none)\n"
      "    big             localhost:3002  2       0 (no limit)  (it has none)\n";
  for (const auto* line : {
           routes,
           backends,
           "\n[proxy]\n  listen           127.0.0.1:8080, [::1]:8080 ",
           "default: 127.0.0.1:8080\n",
           "\n  shutdown_grace   30s\n",
           "\n  trusted_proxies  none\n",
           "\n[[pool]]\n  name                    chat\n",
           "\n  socketio_path           /chat/socket.io/  default: /socket.io/\n",
           "\n  tunnel_idle        0s (from the ping times of the handshake)\n",
           "\n  body                  500MiB   default: 0 (no limit)\n",
           "\n  token_file   (no token is asked for)\n",
           "\n  level   info\n",
       }) {
    CAPTURE(line);
    CHECK(text.find(line) != std::string::npos);
  }
}

TEST_CASE("a pool whose default socketio_path nobody can reach gets a note") {
  const auto text = summary(sample::sound(kFile));
  CHECK(text.find("\nnote: no route brings requests for /socket.io/ to pool \"static\"") !=
        std::string::npos);
  CHECK(text.find("to pool \"chat\"") == std::string::npos);
}

TEST_CASE("ids and cookies are shown for a pool that has some, long lists line by line") {
  CHECK(summary(sample::sound(kFile)).find("[pool.affinity]") == std::string::npos);
  const auto with = [](const std::string& keys) {
    return summary(sample::sound("[[pool]]\nname = \"chat\"\nbackends = [\"h:1\"]\n" + keys +
                                 "[[route]]\npool = \"chat\"\n"));
  };
  CHECK(with("affinity.ids = [\"query:a\", \"cookie:b\"]\n")
            .find("\n[pool.affinity]\n  ids               query:a, cookie:b ") !=
        std::string::npos);
  CHECK(with("affinity.cookie = \"pinion\"\n").find("\n  cookie            pinion ") !=
        std::string::npos);
  const auto preset = with("preset = \"chainlit\"\n");
  CAPTURE(preset);
  CHECK(preset.find("\n  preset                  chainlit        default: (none)\n") !=
        std::string::npos);
  CHECK(preset.find("\n                    query:session_id\n                    header:x-") !=
        std::string::npos);
  CHECK(preset.find(" \n") == std::string::npos);
}

TEST_CASE("no line of the summary ends in white space") {
  const auto text = summary(sample::sound(kFile));
  CHECK(text.find(" \n") == std::string::npos);
}

}  // namespace pinion::config
