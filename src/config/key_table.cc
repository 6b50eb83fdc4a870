#include "config/key_table.h"

#include <algorithm>

#include "base/check.h"

namespace pinion::config {
namespace {

constexpr std::uint64_t kSecond = 1000;
constexpr std::uint64_t kMinute = 60 * kSecond;
constexpr std::uint64_t kHour = 60 * kMinute;
constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;
constexpr std::uint64_t kGiB = 1024 * kMiB;
constexpr std::uint64_t kTiB = 1024 * kGiB;

// A path may not be longer than the operating system takes (limits.h: PATH_MAX with its NUL).
constexpr std::uint64_t kLongestPath = 4095;
constexpr std::uint64_t kLongestUrlPath = 1024;
constexpr std::uint64_t kLongestAddress = 262;  // a name of 253 characters, brackets and a port

constexpr std::string_view kBalances[] = {"least_load", "least_sessions", "round_robin",
                                          "random_two"};
constexpr std::string_view kHealthKinds[] = {"auto", "engineio", "http", "tcp", "websocket"};
constexpr std::string_view kLevels[] = {"debug", "info", "warning", "error"};
constexpr std::string_view kFormats[] = {"text", "json"};

constexpr SectionInfo kSections[] = {
    {Section::proxy, Section::file, "proxy", 1, "The proxy itself: where clients connect."},
    {Section::timeouts, Section::proxy, "proxy.timeouts", 1, "How long pinion waits for what."},
    {Section::limits, Section::proxy, "proxy.limits", 1,
     "How much pinion takes from one client, and holds for all of them."},
    {Section::overload, Section::proxy, "proxy.overload", 1,
     "What pinion gives up when it runs out of something itself: rungs of a ladder, in percent of "
     "whatever is used most: buffered_total, max_connections, or time (loop_lag). A rung is left "
     "after 2 s at or below 80 percent of its own. Above buffered_total the slowest readers are "
     "closed."},
    {Section::admin, Section::file, "admin", 1, "The endpoint for people, scripts and Prometheus."},
    {Section::log, Section::file, "log", 1, "What pinion writes down."},
    {Section::pool, Section::file, "pool", 256,
     "A named set of backends that serve the same application. At least one is needed."},
    {Section::health, Section::pool, "pool.health", 1,
     "How the backends of the pool above are probed: whether they answer, and how long their event "
     "loops let a request wait."},
    {Section::slow_consumer, Section::pool, "pool.slow_consumer", 1,
     "What becomes of clients of the pool above that do not read."},
    {Section::event_rate, Section::pool, "pool.event_rate", 1,
     "How much one client of the pool above may send. One that sends more is not read for a while: "
     "nothing is dropped, and nobody else waits. But a client that has more under way than may "
     "pass within its ping timeout answers pings too late for its backend."},
    {Section::thresholds, Section::pool, "pool.thresholds", 1,
     "From when on a backend of the pool above is busy or full. A level is entered at any of its "
     "limits, and left after 2 s at or below 80 percent of them."},
    {Section::busy, Section::thresholds, "pool.thresholds.busy", 1,
     "A backend that is busy gets new sessions only when no calm one has room."},
    {Section::full, Section::thresholds, "pool.thresholds.full", 1,
     "A backend that is full gets no new sessions."},
    {Section::admission, Section::pool, "pool.admission", 1,
     "What a handshake of the pool above meets when no backend has room for its session."},
    {Section::backend, Section::pool, "pool.backend", 1000,
     "A backend of the pool above, with settings of its own."},
    {Section::route, Section::file, "route", 1000,
     "Which requests go to which pool. The first route that matches wins. At least one is needed."},
};

// One row a key, in few lines, is easier to compare than one member a line.
// clang-format off
constexpr Key kKeys[] = {
    {.section = Section::proxy, .type = Type::listen_addresses, .name = "listen",
     .fallback = "127.0.0.1:8080", .min = 1, .max = 64,
     .help = "Where clients connect. Port 0 takes a free one."},
    {.section = Section::proxy, .type = Type::integer, .name = "workers",
     .fallback = "0", .min = 1, .max = 256, .zero = "one per core",
     .help = "Threads that carry traffic. Each serves every listener.", .restart = true},
    {.section = Section::proxy, .type = Type::integer, .name = "max_connections",
     .fallback = "0", .min = 16, .max = 10'000'000,
     .zero = "as many as the limit of open files allows",
     .help = "How many client connections there may be at a time.", .restart = true},
    {.section = Section::proxy, .type = Type::duration, .name = "shutdown_grace",
     .fallback = "30s", .min = 10, .max = kHour, .zero = "sessions are closed at once",
     .help = "How long a stop may take to finish requests and to close sessions one after the "
             "other."},
    {.section = Section::proxy, .type = Type::networks, .name = "trusted_proxies",
     .fallback = "", .min = 0, .max = 256,
     .help = "Peers whose X-Forwarded-* fields are believed. \"unix:\" means peers of unix "
             "sockets."},

    {.section = Section::timeouts, .type = Type::duration, .name = "request_head",
     .fallback = "10s", .min = 10, .max = 10 * kMinute,
     .help = "From the first byte of a request until its head is complete. Then 408."},
    {.section = Section::timeouts, .type = Type::duration, .name = "request_body_idle",
     .fallback = "30s", .min = 10, .max = kHour,
     .help = "Silence of a client inside a request body. Then 408."},
    {.section = Section::timeouts, .type = Type::duration, .name = "keep_alive",
     .fallback = "75s", .min = 10, .max = kHour,
     .help = "How long a client's connection may stay open between two requests."},
    {.section = Section::timeouts, .type = Type::duration, .name = "connect",
     .fallback = "2s", .min = 10, .max = kMinute,
     .help = "For a connection to a backend. Then the next best backend is tried."},
    {.section = Section::timeouts, .type = Type::duration, .name = "response_head",
     .fallback = "60s", .min = 10, .max = kHour,
     .help = "From the end of a request until the head of its response is complete. Then 504."},
    {.section = Section::timeouts, .type = Type::duration, .name = "tunnel_idle",
     .fallback = "0s", .min = kSecond, .max = 24 * kHour,
     .zero = "from the ping times of the handshake",
     .help = "Silence after which a WebSocket is closed."},

    {.section = Section::limits, .type = Type::size, .name = "head",
     .fallback = "64KiB", .min = kKiB, .max = kMiB,
     .help = "Request line and fields of a request, in all. Then 431."},
    {.section = Section::limits, .type = Type::integer, .name = "headers",
     .fallback = "128", .min = 8, .max = 1024,
     .help = "Fields in the head of a request. Then 431."},
    {.section = Section::limits, .type = Type::size, .name = "url",
     .fallback = "16KiB", .min = 256, .max = kMiB,
     .help = "Length of a request's target, at most that of the head. Then 414."},
    {.section = Section::limits, .type = Type::size, .name = "body",
     .fallback = "0", .min = 1, .max = kTiB, .zero = "no limit",
     .help = "Length of a request's body. Then 413. Bodies are streamed, never stored."},
    {.section = Section::limits, .type = Type::size, .name = "buffered_body",
     .fallback = "1MiB", .min = kKiB, .max = kGiB,
     .help = "A chunked POST to a socket.io path is gathered up to this, since some servers drop "
             "such bodies, and goes on with a Content-Length. Then 413."},
    {.section = Section::limits, .type = Type::size, .name = "buffered_per_session",
     .fallback = "256KiB", .min = 32 * kKiB, .max = kGiB,
     .help = "Bytes that wait for a slow reader. At this mark the other side is no longer read, "
             "at half of it reading goes on."},
    {.section = Section::limits, .type = Type::size, .name = "buffered_total",
     .fallback = "256MiB", .min = kMiB, .max = kTiB,
     .help = "The same over all sessions, at least buffered_per_session. Above it new sessions "
             "are refused.", .restart = true},
    {.section = Section::limits, .type = Type::integer, .name = "pins",
     .fallback = "1000000", .min = 64, .max = 100'000'000,
     .help = "Sessions whose backend is remembered. When there are more, the longest idle is "
             "forgotten.", .restart = true},

    {.section = Section::overload, .type = Type::integer, .name = "no_keep_alive",
     .fallback = "75", .min = 1, .max = 100, .zero = "never",
     .help = "Percent from which on a plain request's connection is closed after its answer."},
    {.section = Section::overload, .type = Type::integer, .name = "short_idle",
     .fallback = "80", .min = 1, .max = 100, .zero = "never",
     .help = "Percent from which on idle client connections are closed after `idle`."},
    {.section = Section::overload, .type = Type::integer, .name = "refuse_plain",
     .fallback = "90", .min = 1, .max = 100, .zero = "never",
     .help = "Percent from which on requests that are not socket.io's get 503."},
    {.section = Section::overload, .type = Type::integer, .name = "refuse_handshakes",
     .fallback = "95", .min = 1, .max = 100, .zero = "never",
     .help = "Percent from which on new sessions get 503. Those that are there go on."},
    {.section = Section::overload, .type = Type::duration, .name = "idle",
     .fallback = "5s", .min = 10, .max = kHour,
     .help = "How long a client's connection may be idle then, at most keep_alive."},
    {.section = Section::overload, .type = Type::duration, .name = "loop_lag",
     .fallback = "1s", .min = 10, .max = kMinute,
     .help = "How late a worker is, over about a second, that counts as 100 percent."},

    {.section = Section::admin, .type = Type::listen_address, .name = "listen",
     .fallback = "127.0.0.1:9180", .min = 1, .max = kLongestAddress,
     .help = "Where the admin endpoint listens. One that other machines can reach needs a "
             "token_file.", .restart = true},
    {.section = Section::admin, .type = Type::file_path, .name = "token_file",
     .fallback = "", .min = 1, .max = kLongestPath, .zero = "no token is asked for",
     .help = "A file with the bearer token that calls which change something must show.",
     .restart = true},

    {.section = Section::log, .type = Type::choice, .name = "level",
     .fallback = "info", .choices = kLevels,
     .help = "The least important messages that are written."},
    {.section = Section::log, .type = Type::choice, .name = "format",
     .fallback = "text", .choices = kFormats,
     .help = "How lines of both logs look.", .restart = true},
    {.section = Section::log, .type = Type::file_path, .name = "access",
     .fallback = "", .min = 1, .max = kLongestPath, .zero = "no access log",
     .help = "Where a line per request goes: \"stderr\" or a file."},

    {.section = Section::pool, .type = Type::name, .name = "name",
     .fallback = "", .min = 1, .max = 64,
     .help = "What routes, commands and metrics call this pool.", .example = "chat"},
    {.section = Section::pool, .type = Type::choice, .name = "balance",
     .fallback = "least_load", .choices = kBalances,
     .help = "How a new session gets its backend. least_load: where the event loop is expected to "
             "be least busy, by weight, from what passes and what probes tell; where they tell "
             "nothing, the fewest sessions by weight, then the fewest requests in flight, then the "
             "fewest bytes waiting. least_sessions: by sessions alone. round_robin: in turn. "
             "random_two: the better of two drawn by lot."},
    {.section = Section::pool, .type = Type::duration, .name = "ramp",
     .fallback = "30s", .min = 100, .max = kHour, .zero = "it takes all that come its way",
     .help = "How long a backend that joins or comes back gets at most twice its fair share of new "
             "sessions, unless no other has room."},
    {.section = Section::pool, .type = Type::duration, .name = "hot",
     .fallback = "50ms", .min = 1, .max = kMinute, .zero = "probes do not make a backend hot",
     .help = "A backend whose probes wait as long gets new sessions by least_load only when those "
             "of all others do too."},
    {.section = Section::pool, .type = Type::socketio_path, .name = "socketio_path",
     .fallback = "/socket.io/", .min = 1, .max = kLongestUrlPath,
     .zero = "the pool has no socket.io",
     .help = "Where the pool's socket.io servers answer. Requests below it are pinned to their "
             "session's backend. A missing \"/\" at either end is added.", .restart = true},
    {.section = Section::pool, .type = Type::duration, .name = "keep_alive",
     .fallback = "4s", .min = 10, .max = kHour,
     .help = "How long an unused connection to a backend is kept. It must be shorter than the "
             "backend's own time, which is 5s with uvicorn and Node."},
    {.section = Section::pool, .type = Type::integer, .name = "keep_alive_connections",
     .fallback = "64", .min = 1, .max = 10'000, .zero = "none is kept",
     .help = "Unused connections that each worker keeps to each backend."},
    {.section = Section::pool, .type = Type::duration, .name = "patience",
     .fallback = "60s", .min = 10, .max = 24 * kHour,
     .zero = "streaming sessions are moved like others",
     .help = "When sessions are moved away from a backend (drain --close, rebalance), those that "
             "carried a message in the last 3 seconds are spared for so long."},
    {.section = Section::pool, .type = Type::backend_addresses, .name = "backends",
     .fallback = "", .min = 0, .max = 1000,
     .help = "The backends in short form: each is named by its address and has the defaults of "
             "[[pool.backend]]. Both forms add up. All addresses of a host name are backends."},

    {.section = Section::health, .type = Type::choice, .name = "kind",
     .fallback = "auto", .choices = kHealthKinds,
     .help = "engineio: a request that the Engine.IO server itself refuses with a 400, so that no "
             "session is made. websocket: a WebSocket is opened until the open packet has come, "
             "then closed: a session for a moment. http: a GET. tcp: a connect, which tells "
             "nothing about the event loop. auto: engineio if the pool has a socketio_path, else "
             "tcp."},
    {.section = Section::health, .type = Type::url_path, .name = "path",
     .fallback = "", .min = 1, .max = kLongestUrlPath,
     .zero = "socketio_path for engineio and websocket, / for http",
     .help = "What is asked for."},
    {.section = Section::health, .type = Type::integer, .name = "expect",
     .fallback = "0", .min = 200, .max = 599,
     .zero = "101 for websocket, below 500 for engineio, 200 to 399 for http",
     .help = "The one status that an answer may have. Any other counts as a failure."},
    {.section = Section::health, .type = Type::duration, .name = "interval",
     .fallback = "1s", .min = 100, .max = 10 * kMinute,
     .help = "Mean time between two probes of a backend; the times are random. A backend that looks "
             "busy, or of which little is known yet, is probed up to four times as often, at most 4 "
             "times a second. Backends close connections that rest for long: above 2s there are few "
             "measurements."},
    {.section = Section::health, .type = Type::duration, .name = "timeout",
     .fallback = "2s", .min = 10, .max = kMinute,
     .help = "For the first byte of an answer. Then the probe has failed."},
    {.section = Section::health, .type = Type::integer, .name = "rise",
     .fallback = "2", .min = 1, .max = 100,
     .help = "A backend that is down is up again after so many good probes in a row. One that goes "
             "down again and again has to wait longer each time, up to a minute."},
    {.section = Section::health, .type = Type::integer, .name = "fall",
     .fallback = "3", .min = 1, .max = 100,
     .help = "A backend is down after so many failed probes in a row, or after so many answers 502 "
             "in a row. A connect that is refused is enough by itself. After so many handshakes in a "
             "row that were answered 5xx it gets no new sessions while others open theirs, but for "
             "one now and then."},

    {.section = Section::health, .type = Type::name, .name = "load_metric",
     .fallback = "", .min = 1, .max = 64,
     .zero = "application_utilization, else cpu_utilization",
     .help = "Backends may say in any answer how much they have to do: endpoint-load-metrics: TEXT "
             "cpu_utilization=0.3, named_metrics.queue=12 (the ORCA format, JSON too). Which of "
             "these numbers is the load; \"queue\" stands for named_metrics.queue."},
    {.section = Section::health, .type = Type::integer, .name = "load_full",
     .fallback = "1", .min = 1, .max = 1'000'000'000,
     .help = "The value of load_metric at which a backend has all that it can do."},

    {.section = Section::slow_consumer, .type = Type::duration, .name = "after",
     .fallback = "30s", .min = 200, .max = kHour, .zero = "it is never closed for that",
     .help = "A client that took nothing for this long, while bytes waited for it, is closed: its "
             "WebSocket with 1013, an HTTP answer by a reset. So its backend does not pile up "
             "memory for it."},

    {.section = Section::event_rate, .type = Type::integer, .name = "frames",
     .fallback = "0", .min = 1, .max = 10'000'000, .zero = "no limit",
     .help = "Frames a second from one client; of one that polls, packets."},
    {.section = Section::event_rate, .type = Type::size, .name = "bytes",
     .fallback = "0", .min = kKiB, .max = kTiB, .zero = "no limit",
     .help = "Bytes a second from one client."},
    {.section = Section::event_rate, .type = Type::duration, .name = "burst",
     .fallback = "1s", .min = 100, .max = kMinute,
     .help = "So much time's worth of both may come at once after a silence."},

    {.section = Section::busy, .type = Type::integer, .name = "sessions",
     .fallback = "0", .min = 1, .max = 10'000'000, .zero = "no limit",
     .help = "Sessions that it has, those not yet open included."},
    {.section = Section::busy, .type = Type::duration, .name = "loop_delay",
     .fallback = "0s", .min = 1, .max = kMinute, .zero = "no limit",
     .help = "What an event waits until its loop has time, as probes tell."},
    {.section = Section::busy, .type = Type::integer, .name = "busy_share",
     .fallback = "0", .min = 1, .max = 100, .zero = "no limit",
     .help = "Percent of the time in which its loop has work, as probes tell."},
    {.section = Section::busy, .type = Type::size, .name = "queued_bytes",
     .fallback = "0", .min = kKiB, .max = kTiB, .zero = "no limit",
     .help = "Bytes that wait because it does not read."},
    {.section = Section::busy, .type = Type::integer, .name = "inflight",
     .fallback = "0", .min = 1, .max = 10'000'000, .zero = "no limit",
     .help = "Requests and WebSockets that it has to do with."},
    {.section = Section::busy, .type = Type::integer, .name = "reported_load",
     .fallback = "0", .min = 1, .max = 1000, .zero = "no limit",
     .help = "Percent of what it can do, as it says itself (see load_metric)."},

    {.section = Section::full, .type = Type::integer, .name = "sessions",
     .fallback = "0", .min = 1, .max = 10'000'000, .zero = "no limit",
     .help = "Sessions that it has, those not yet open included. Never more."},
    {.section = Section::full, .type = Type::duration, .name = "loop_delay",
     .fallback = "0s", .min = 1, .max = kMinute, .zero = "no limit",
     .help = "What an event waits until its loop has time, as probes tell."},
    {.section = Section::full, .type = Type::integer, .name = "busy_share",
     .fallback = "0", .min = 1, .max = 100, .zero = "no limit",
     .help = "Percent of the time in which its loop has work, as probes tell."},
    {.section = Section::full, .type = Type::size, .name = "queued_bytes",
     .fallback = "0", .min = kKiB, .max = kTiB, .zero = "no limit",
     .help = "Bytes that wait because it does not read."},
    {.section = Section::full, .type = Type::integer, .name = "inflight",
     .fallback = "0", .min = 1, .max = 10'000'000, .zero = "no limit",
     .help = "Requests and WebSockets that it has to do with."},
    {.section = Section::full, .type = Type::integer, .name = "reported_load",
     .fallback = "0", .min = 1, .max = 1000, .zero = "no limit",
     .help = "Percent of what it can do, as it says itself (see load_metric)."},

    {.section = Section::admission, .type = Type::integer, .name = "queue",
     .fallback = "1000", .min = 1, .max = 1'000'000, .zero = "nobody waits",
     .help = "Handshakes that may wait for room, over all workers. Who lost a session less than a "
             "minute ago goes before who is new. One that comes when so many wait gets 503 at "
             "once."},
    {.section = Section::admission, .type = Type::duration, .name = "wait",
     .fallback = "3s", .min = 100, .max = kMinute,
     .help = "How long a handshake may wait for room. Then 503 with Retry-After."},
    {.section = Section::admission, .type = Type::integer, .name = "rate",
     .fallback = "0", .min = 1, .max = 100'000, .zero = "no limit",
     .help = "New sessions that each backend gets in a second at most; more of them wait. It "
             "spreads those who come back at once after a backend has died."},

    {.section = Section::backend, .type = Type::name, .name = "name",
     .fallback = "", .min = 1, .max = 64, .zero = "its address is its name",
     .help = "What commands and metrics call this backend."},
    {.section = Section::backend, .type = Type::backend_address, .name = "address",
     .fallback = "", .min = 1, .max = kLongestAddress,
     .help = "Where the backend listens. Host names are looked up at the start and every 30 "
             "seconds.", .example = "127.0.0.1:3001"},
    {.section = Section::backend, .type = Type::integer, .name = "weight",
     .fallback = "1", .min = 1, .max = 1000,
     .help = "A backend of weight 2 gets twice the sessions of one of weight 1."},
    {.section = Section::backend, .type = Type::integer, .name = "max_sessions",
     .fallback = "0", .min = 1, .max = 10'000'000, .zero = "no limit",
     .help = "A backend that has as many sessions gets no new ones."},

    {.section = Section::backend, .type = Type::backend_address, .name = "agent",
     .fallback = "", .min = 1, .max = kLongestAddress, .zero = "it has none",
     .help = "Where an agent of this backend listens. It is asked at the pool's health.interval and "
             "says in a line what HAProxy's agent-check understands: \"75%\" of the weight, "
             "\"drain\", \"maint\", \"down#why\", \"ready\", \"maxconn:30\"."},

    {.section = Section::route, .type = Type::host, .name = "host",
     .fallback = "", .min = 1, .max = 253, .zero = "any host",
     .help = "The request's host, without a port. The case does not matter."},
    {.section = Section::route, .type = Type::url_path, .name = "path",
     .fallback = "/", .min = 1, .max = kLongestUrlPath,
     .help = "What the request's path begins with, compared byte by byte."},
    {.section = Section::route, .type = Type::name, .name = "pool",
     .fallback = "", .min = 1, .max = 64,
     .help = "The pool that answers.", .example = "chat"},
};
// clang-format on

}  // namespace

std::span<const SectionInfo> sections() { return kSections; }

const SectionInfo& info(Section section) {
  const auto* const found =
      std::find_if(std::begin(kSections), std::end(kSections),
                   [&](const SectionInfo& each) { return each.id == section; });
  PINION_CHECK(found != std::end(kSections), "every section but the top level is in the table");
  return *found;
}

std::vector<const SectionInfo*> children(Section section) {
  std::vector<const SectionInfo*> found;
  for (const SectionInfo& each : kSections) {
    if (each.parent == section) found.push_back(&each);
  }
  return found;
}

std::span<const Key> keys() { return kKeys; }

std::span<const Key> keys_of(Section section) {
  const auto belongs = [&](const Key& key) { return key.section == section; };
  const auto* const first = std::find_if(std::begin(kKeys), std::end(kKeys), belongs);
  const auto* const last = std::find_if_not(first, std::end(kKeys), belongs);
  return {first, last};
}

const Key* find_key(Section section, std::string_view name) {
  const auto candidates = keys_of(section);
  const auto found = std::find_if(candidates.begin(), candidates.end(),
                                  [&](const Key& key) { return key.name == name; });
  return found == candidates.end() ? nullptr : &*found;
}

}  // namespace pinion::config
