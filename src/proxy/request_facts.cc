#include "proxy/request_facts.h"

namespace pinion::proxy {

std::string_view to_string(engineio::Intent::Kind kind) noexcept {
  using Kind = engineio::Intent::Kind;
  switch (kind) {
    case Kind::handshake:
      return "handshake";
    case Kind::poll:
      return "poll";
    case Kind::push:
      return "push";
    case Kind::upgrade:
      return "upgrade";
    case Kind::preflight:
      return "preflight";
    case Kind::stray:
      return "stray";
    case Kind::other:
      break;
  }
  return "other";
}

void write_access(log::AccessLog& access_log, const RequestFacts& facts, const Outcome& outcome,
                  TimePoint now) {
  access_log.write({.time = facts.began_at,
                    .client = facts.client,
                    .method = facts.method,
                    .target = facts.target,
                    .status = outcome.status,
                    .duration = now - facts.began,
                    .bytes_in = outcome.bytes_in,
                    .bytes_out = outcome.bytes_out,
                    .pool = outcome.pool,
                    .backend = outcome.backend,
                    .sid = outcome.sid,
                    .transport = outcome.transport,
                    .kind = to_string(facts.intent.kind),
                    .error = outcome.error,
                    .side = metrics::to_string(outcome.side)});
}

}  // namespace pinion::proxy
