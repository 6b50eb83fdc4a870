#include "listening.h"

#include <algorithm>
#include <utility>

#include "config/address.h"

namespace pinion {

std::expected<std::vector<OpenListener>, std::string> open_listeners(
    const std::vector<config::Address>& addresses, unsigned workers) {
  std::vector<OpenListener> listeners;
  for (const config::Address& listen : addresses) {
    const auto address = config::socket_address(listen);
    if (!address) {
      return std::unexpected("cannot listen on " + listen.text +
                             ": not an address of this machine");
    }
    auto sockets = uv::bind_sockets(*address, workers);
    if (!sockets) return std::unexpected(sockets.error());
    listeners.push_back({.name = listen.text, .bound = std::move(*sockets)});
  }
  return listeners;
}

void log_listening(log::Logger& log, const std::vector<OpenListener>& listeners) {
  for (const OpenListener& each : listeners) {
    log.info("listening", {{"address", each.bound.address.to_string()}});
  }
}

std::vector<config::Address> without(const std::vector<config::Address>& addresses,
                                     const std::vector<config::Address>& others) {
  std::vector<config::Address> rest;
  for (const config::Address& address : addresses) {
    if (std::ranges::find(others, address) == others.end()) rest.push_back(address);
  }
  return rest;
}

}  // namespace pinion
