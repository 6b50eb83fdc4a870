#include "engineio/intent.h"

#include "base/percent.h"

namespace pinion::engineio {
namespace {

/// What the query says about the session. Views point into the query.
struct SessionQuery {
  std::string_view sid;       // as it is written, still encoded
  std::string_view revision;  // value of EIO, likewise
  bool jsonp = false;
};

bool is_plain(std::string_view text) noexcept {
  return text.find('%') == std::string_view::npos && text.find('+') == std::string_view::npos;
}

/// Whether `encoded` decodes to `text`, which has no space in it. A character takes three bytes at
/// most, so what is longer is not decoded, nor is what has no escape: most names and values are
/// compared, and that is all.
bool reads_as(std::string_view encoded, std::string_view text) {
  if (encoded == text) return true;
  if (encoded.size() < text.size() + 2 || encoded.size() > 3 * text.size()) return false;
  if (encoded.find('%') == std::string_view::npos) return false;
  return percent_decode(encoded, PlusMeans::space) == text;
}

/// One pass over `name=value&name=value`; later ones overwrite earlier ones, as in Node's
/// `Object.fromEntries(url.searchParams)`.
SessionQuery read_query(std::string_view query) {
  SessionQuery found;
  while (!query.empty()) {
    const auto end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    const auto equals = pair.find('=');
    const std::string_view name = pair.substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
    if (reads_as(name, "sid")) {
      found.sid = value;
    } else if (reads_as(name, "EIO")) {
      found.revision = value;
    } else if (reads_as(name, "j")) {
      found.jsonp = true;
    }
  }
  return found;
}

Intent::Kind kind_of(const http::RequestHead& head, bool has_sid) noexcept {
  if (head.method == "GET") {
    if (!has_sid) return Intent::Kind::handshake;
    return head.upgrades_to_websocket ? Intent::Kind::upgrade : Intent::Kind::poll;
  }
  if (!has_sid) return Intent::Kind::other;
  if (head.method == "POST") return Intent::Kind::push;
  return head.method == "OPTIONS" ? Intent::Kind::preflight : Intent::Kind::stray;
}

}  // namespace

bool is_engineio_path(std::string_view path, std::string_view socketio_path) {
  if (socketio_path.empty()) return false;
  if (path.find('%') == std::string_view::npos) return path.starts_with(socketio_path);
  return percent_decode(path, PlusMeans::plus).starts_with(socketio_path);
}

Intent classify(const http::RequestHead& head, std::string_view socketio_path) {
  Intent intent;
  if (!is_engineio_path(head.path(), socketio_path)) return intent;
  const SessionQuery query = read_query(head.query());
  if (is_plain(query.sid)) {
    intent.sid = query.sid;
  } else {
    intent.sid = percent_decode(query.sid, PlusMeans::space);
  }
  intent.revision = reads_as(query.revision, "4") ? 4 : 3;
  intent.jsonp = query.jsonp;
  intent.websocket = head.upgrades_to_websocket;
  intent.kind = kind_of(head, !intent.sid.empty());
  return intent;
}

}  // namespace pinion::engineio
