// Which pool a request belongs to: the first route whose host and path prefix match.
//
// Threads: pure function over the immutable config.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "config/config.h"

namespace pinion::proxy {

/// @param host the Host field, with or without a port @param path without the query
/// The prefix counts byte by byte, as the config's check for unreachable routes reads it.
std::optional<PoolId> find_pool(const std::vector<config::Route>& routes, std::string_view host,
                                std::string_view path) noexcept;
/// Whether one route does.
bool matches(const config::Route& route, std::string_view host, std::string_view path) noexcept;

}  // namespace pinion::proxy
