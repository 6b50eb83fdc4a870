// Replies that pinion itself makes.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/head.h"

namespace pinion::http {

struct Reply {
  int status = 500;
  std::string_view code;                     // stable word, goes to X-Pinion-Error
  std::string_view message;                  // one sentence: what happened and what to do
  std::optional<std::uint32_t> retry_after;  // seconds
  bool keep_alive = false;
  /// A body to be sent as it is instead of code and message (an Engine.IO dialect).
  std::string_view body;
  std::string_view content_type = "application/json";
};

/// Whether Accept names JSON itself; a browser's `*/*` gets plain text.
bool accepts_json(const Fields& fields) noexcept;

/// The whole reply, ready to be sent. `code` and `message` are our own words, without control
/// bytes. JSON `{"error":{"code":…,"message":…}}` if the request accepts application/json, plain
/// text otherwise; CORS headers if it has an Origin; no body for HEAD.
/// @param request null when not even a head could be read
std::string write_reply(const Reply& reply, const RequestHead* request);

/// The standard reason phrase, or "Unknown".
std::string_view reason_phrase(int status) noexcept;

}  // namespace pinion::http
