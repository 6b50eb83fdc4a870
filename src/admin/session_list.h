// The query of `GET /api/v1/sessions`.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "admin/control.h"

namespace pinion::admin {

/// Most sessions on one page.
inline constexpr std::size_t kMostSessions = 1000;

/// Reads `backend=&sort=&order=&limit=&cursor=`.
/// @param query decoded `name=value` pairs
/// @returns an error that names the parameter and what is allowed
std::expected<SessionQuery, std::string> read_session_query(const std::vector<std::string>& query);

/// The word that brings the page behind this session; its form is nobody's business.
std::string make_cursor(const SessionCursor& last);

}  // namespace pinion::admin
