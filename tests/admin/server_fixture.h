// A real AdminServer on a free port of the loopback, over a table of values.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "admin/client.h"
#include "admin/server.h"
#include "log/log.h"
#include "null_file.h"
#include "table_control.h"

namespace pinion::admin {

struct ServerFixture {
  explicit ServerFixture(const AdminServer::Limits& limits = {}, const std::string& token = "",
                         const SocketAddress& address = any_port())
      : server(control, log, limits) {
    control.status_view = example_status();
    control.table = {example_session("abc")};
    const auto started = server.start(address, token);
    REQUIRE_MESSAGE(started.has_value(), (started ? "" : started.error()));
  }
  static SocketAddress any_port() { return *SocketAddress::from_ip("127.0.0.1", 0); }
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(server.port());
  }
  [[nodiscard]] Client client(const std::string& token = "") const {
    return Client::create(url(), token).value();
  }

  TableControl control;
  NullFile null;
  log::Logger log{{.level = log::Level::debug, .fd = null.fd}};
  AdminServer server;
};

}  // namespace pinion::admin
