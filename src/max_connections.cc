#include "max_connections.h"

#include <sys/resource.h>

#include <algorithm>

namespace pinion {
namespace {

// Descriptors that are not client or backend connections, nor those of the admin endpoint:
// listeners, loops, logs; and those of connections beyond max_connections that are still heard.
constexpr std::size_t kReservedDescriptors = 64 + 64;

std::size_t raise_descriptor_limit() noexcept {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
  (void)getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<std::size_t>(limit.rlim_cur);
}

// Connections that may rest in the pools of all workers.
std::size_t resting_connections(const config::Config& config) noexcept {
  std::size_t resting = 0;
  for (const auto& pool : config.pools)
    resting += pool.keep_alive_connections * pool.backends.size();
  return resting * config.proxy.workers;
}

// Each client connection may need one to a backend.
std::size_t possible_connections(const config::Config& config, std::size_t open_files) noexcept {
  const std::size_t descriptors =
      open_files - std::min(resting_connections(config), open_files / 4);
  const std::size_t reserved = kReservedDescriptors + config.admin.connections;
  return std::max<std::size_t>(1, (descriptors - std::min(reserved, descriptors / 2)) / 2);
}

}  // namespace

std::size_t resolve_max_connections(const config::Config& config, log::Logger& log) {
  const std::size_t configured = config.proxy.max_connections;
  const std::size_t limit = raise_descriptor_limit();
  const std::size_t possible = possible_connections(config, limit);
  if (configured > possible) {
    log.warning(
        "fewer connections than [proxy].max_connections: each may need two open files; "
        "raise LimitNOFILE (ulimit -n)",
        {{"max_connections", configured}, {"possible", possible}, {"open_files", limit}});
  }
  return configured == 0 ? possible : std::min(configured, possible);
}

void warn_of_open_files(const config::Config& config, std::size_t in_force, log::Logger& log) {
  const std::size_t limit = raise_descriptor_limit();
  const std::size_t possible = possible_connections(config, limit);
  if (possible >= in_force) return;
  log.warning(
      "more connections to backends may rest now than open files were set aside for: raise "
      "LimitNOFILE (ulimit -n) and restart, or lower keep_alive_connections",
      {{"max_connections", in_force}, {"possible", possible}, {"open_files", limit}});
}

}  // namespace pinion
