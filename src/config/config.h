// The configuration as the rest of pinion sees it: plain typed values, already checked.
//
// Threads: immutable once loaded; shared between threads as shared_ptr<const Config>.
// Defaults, bounds and help of every key live in the table of keys (key_table.h), not here; which
// member a key fills is said in fields.h. Two configs are equal when they make pinion do the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/event_meter.h"

namespace pinion::config {

/// An IP network of `trusted_proxies`, or the peers of unix sockets.
struct Cidr {
  bool unix_peers = false;
  bool ipv6 = false;
  std::uint8_t address[16] = {};  // IPv4 uses the first four
  int prefix = 0;                 // bits

  bool operator==(const Cidr&) const = default;
};

/// Where to listen or connect: an IP literal or host name with a port, or the path of a unix
/// socket.
struct Address {
  enum class Kind : unsigned char { ipv4, ipv6, name, unix_path };
  Kind kind = Kind::ipv4;
  std::string host;  // canonical and without brackets; the path for unix sockets
  std::uint16_t port = 0;
  std::string text;  // as written in the file

  bool operator==(const Address&) const = default;
  /// However both are written.
  [[nodiscard]] bool same_place(const Address& other) const noexcept {
    return kind == other.kind && host == other.host && port == other.port;
  }
};

enum class Balance : unsigned char { least_load, least_sessions, round_robin, random_two };

struct Timeouts {
  Duration request_head{}, request_body_idle{}, keep_alive{};
  Duration connect{}, response_head{}, response_idle{};
  Duration tunnel_idle{};  // tunnel_idle 0: from the ping times

  bool operator==(const Timeouts&) const = default;
};

struct Limits {
  std::size_t head = 0, headers = 0, url = 0;
  std::uint64_t body = 0;         // 0: none
  std::size_t buffered_body = 0;  // a chunked POST to a socket.io path is gathered up to this
  std::size_t buffered_per_session = 0, buffered_total = 0;
  std::size_t pins = 0;          // sessions that are remembered
  std::size_t affinity_ids = 0;  // ids that are remembered beyond those of live sessions
  std::size_t farewells = 0;     // sessions that a worker ends at backends at a time, after moves

  bool operator==(const Limits&) const = default;
};

/// From when on pinion gives up what, in percent of whatever it has used most of; 0: never.
struct Overload {
  std::uint32_t no_keep_alive = 0, short_idle = 0, refuse_plain = 0, refuse_handshakes = 0;
  Duration idle{};      // of a client's connection while short_idle holds
  Duration loop_lag{};  // that counts as all

  bool operator==(const Overload&) const = default;
};

struct Backend {
  std::string name;
  Address address;
  std::uint32_t weight = 1;
  std::uint32_t max_sessions = 0;  // 0: no limit
  Address agent;                   // says how its load is; text "": there is none

  bool operator==(const Backend&) const = default;
};

enum class HealthKind : unsigned char { automatic, engineio, http, tcp, websocket };

/// How the backends of a pool are probed.
struct Health {
  HealthKind kind = HealthKind::automatic;
  std::string path;          // "": from the kind
  std::uint32_t expect = 0;  // status; 0: what is fine for the kind
  Duration interval{};       // mean, while the backend is calm
  Duration timeout{};
  std::uint32_t rise = 1, fall = 1;  // probes in a row
  std::string load_metric;           // of what backends report; "": their utilization
  std::uint32_t load_full = 1;       // its value when a backend has all that it can do

  bool operator==(const Health&) const = default;
};

/// Clients that do not read.
struct SlowConsumer {
  Duration after{};  // without progress; 0: they are left alone

  bool operator==(const SlowConsumer&) const = default;
};

/// What makes a backend busy, or full; 0: no limit.
struct LevelLimits {
  std::uint32_t sessions = 0;
  Duration loop_delay{};
  std::uint32_t busy_share = 0;  // percent
  std::uint64_t queued_bytes = 0, inflight = 0;
  std::uint32_t reported_load = 0;  // percent

  bool operator==(const LevelLimits&) const = default;
};

struct Thresholds {
  LevelLimits busy, full;

  bool operator==(const Thresholds&) const = default;
};

/// What becomes of a handshake for which no backend has room.
struct Admission {
  std::size_t queue = 0;  // that may wait; 0: nobody
  Duration wait{};
  std::uint32_t rate = 0;  // new sessions a second for each backend; 0: no limit
  Duration recovery{};     // of a backend that was full by what is measured; 0: at once

  bool operator==(const Admission&) const = default;
};

/// Where an application's own session id may stand in a request.
enum class IdSource : unsigned char { connect, query, header, cookie, json };

struct IdPlace {
  IdSource source = IdSource::connect;
  std::string name;  // of the field, parameter or cookie

  bool operator==(const IdPlace&) const = default;
};

enum class SameSite : unsigned char { lax, strict, none };

/// What else than a sid tells which backend a request belongs to.
struct Affinity {
  std::vector<IdPlace> ids;             // empty: none
  std::vector<std::string> json_paths;  // ends of the paths whose JSON bodies are read
  Duration keep{};                      // from the end of an id's last session
  Duration connect_wait{};              // of a new session's other requests, for its CONNECT
  Duration move_wait{};                 // for the backend that a session is moved to
  std::string cookie;                   // pinion's own; "": none
  std::string cookie_key_file;          // "": a key made at start
  std::string cookie_key;               // what is in that file
  SameSite cookie_same_site = SameSite::lax;

  [[nodiscard]] bool reads(IdSource source) const noexcept {
    for (const IdPlace& place : ids) {
      if (place.source == source) return true;
    }
    return false;
  }
  bool operator==(const Affinity&) const = default;
};

/// What a pool's keys are when the file does not say. Kept only to be shown.
enum class Preset : unsigned char { none, chainlit };

struct Pool {
  std::string name;
  Preset preset = Preset::none;
  Balance balance = Balance::least_load;
  Duration ramp{};            // 0: none
  Duration hot{};             // 0: no backend is ever hot
  std::string socketio_path;  // "" = none; else begins and ends with '/'
  Duration keep_alive{};
  std::size_t keep_alive_connections = 0;  // per worker and backend
  Duration patience{};                     // 0: streaming sessions are moved like others
  Health health;
  SlowConsumer slow_consumer;
  EventRate event_rate;
  Thresholds thresholds;
  Admission admission;
  Affinity affinity;
  std::vector<Backend> backends;
  bool retired = false;  // by a reload: it has left the file, its sessions go on

  bool operator==(const Pool&) const = default;
};

struct Route {
  std::string host;      // lower case, no port, IPv6 in brackets; "" = any
  std::string path;      // prefix, byte by byte; begins with '/'
  std::size_t pool = 0;  // index into Config::pools

  bool operator==(const Route&) const = default;
};

struct Proxy {
  std::vector<Address> listen;
  unsigned workers = 0;             // resolved: at least 1
  std::size_t max_connections = 0;  // 0: from the limit of open files
  Duration shutdown_grace{};
  std::vector<Cidr> trusted_proxies;
  Timeouts timeouts;
  Limits limits;
  Overload overload;

  bool operator==(const Proxy&) const = default;
};

struct Admin {
  Address listen;
  std::string token_file;
  std::size_t connections = 0;
  Duration timeout{};  // for a request to be there

  bool operator==(const Admin&) const = default;
};

enum class LogLevel : unsigned char { debug, info, warning, error };
enum class LogFormat : unsigned char { text, json };

struct Log {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::text;
  std::string access;  // "", "stderr" or a file

  bool operator==(const Log&) const = default;
};

struct Config {
  Proxy proxy;
  Admin admin;
  Log log;
  std::vector<Pool> pools;
  std::vector<Route> routes;
  std::vector<Route> former_routes;  // of configs before a reload, for the sessions opened by them

  bool operator==(const Config&) const = default;
};

}  // namespace pinion::config
