#include "config/key_rows.h"

namespace pinion::config {
namespace {

constexpr std::uint64_t kLongestCookieName = 64;

constexpr std::string_view kPresets[] = {"", "chainlit"};
constexpr std::string_view kBalances[] = {"least_load", "least_sessions", "round_robin",
                                          "random_two"};
constexpr std::string_view kHealthKinds[] = {"auto", "engineio", "http", "tcp", "websocket"};
constexpr std::string_view kSameSites[] = {"lax", "strict", "none"};

// One row a key, in few lines, is easier to compare than one member a line.
// clang-format off
constexpr Key kKeysOfPools[] = {
    {.section = Section::pool, .type = Type::name, .name = "name",
     .fallback = "", .min = 1, .max = 64,
     .help = "What routes, commands and metrics call this pool.", .example = "chat"},
    {.section = Section::pool, .type = Type::choice, .name = "preset",
     .fallback = "", .zero = "none", .choices = kPresets,
     .help = "What keys of this pool are where the file does not say; what it does say counts. "
             "`pinion config --preset NAME` prints what a preset sets."},
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
             "sessions, unless no other has room. Who is led there by an id or a cookie comes all the "
             "same, as fast as [pool.admission] rate lets it."},
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
             "carried a message in the last 3 seconds, or are in the middle of one, are spared for "
             "so long."},
    {.section = Section::pool, .type = Type::backend_addresses, .name = "backends",
     .fallback = "", .min = 0, .max = 1000,
     .help = "The backends in short form: each is named by its address and has the defaults of "
             "[[pool.backend]]. Both forms add up. All addresses of a host name are backends."},

    {.section = Section::health, .type = Type::choice, .name = "kind",
     .fallback = "auto", .choices = kHealthKinds,
     .help = "engineio: a request that the Engine.IO server itself refuses with a 400, so that no "
             "session is made; an application's own middleware sees it before, and should make no "
             "session of its own for whoever comes (or use another kind). websocket: a WebSocket is opened until the open packet has come, "
             "then closed: a session for a moment. http: a GET. tcp: a connect, which tells "
             "nothing about the event loop. auto: engineio if the pool has a socketio_path, else "
             "tcp."},
    {.section = Section::health, .type = Type::url_path, .name = "path",
     .fallback = "", .min = 1, .max = kLongestUrlPath,
     .zero = "socketio_path for engineio and websocket, / for http",
     .help = "What is asked for. Not for tcp, which asks for nothing."},
    {.section = Section::health, .type = Type::integer, .name = "expect",
     .fallback = "0", .min = 200, .max = 599,
     .zero = "below 500 for engineio, 200 to 399 for http",
     .help = "The one status that an answer may have. Any other counts as a failure. Not for "
             "websocket, which is opened by a 101, nor for tcp."},
    {.section = Section::health, .type = Type::duration, .name = "interval",
     .fallback = "1s", .min = 100, .max = 10 * kMinute,
     .help = "Mean time between two probes of a backend; the times are random. A backend that looks "
             "busy is probed up to four times as often, on average at most 4 times a second. The "
             "first 60 probes of one of which little is known yet come up to ten times as often, on "
             "average at most 10 times a second: after a start, and after a reload that changes "
             "how it is probed. Backends close connections that rest for long: above 2s there are "
             "few measurements."},
    {.section = Section::health, .type = Type::duration, .name = "timeout",
     .fallback = "2s", .min = 10, .max = kMinute,
     .help = "For the first byte of an answer, for websocket until the open packet has come. Then the "
             "probe has failed."},
    {.section = Section::health, .type = Type::integer, .name = "rise",
     .fallback = "2", .min = 1, .max = 100,
     .help = "A backend that is down is up again after so many good probes in a row. One that goes "
             "down again and again has to wait longer each time, up to a minute. Requests that it "
             "answers count too, unless its probes get the wrong answer."},
    {.section = Section::health, .type = Type::integer, .name = "fall",
     .fallback = "3", .min = 1, .max = 100,
     .help = "A backend is down after so many failed probes in a row, or after so many answers 502 "
             "in a row, or after so many connects in a row that time out. One that is refused is enough by "
             "itself. After so many handshakes in a "
             "row that were answered 5xx or not at all it gets no new sessions while others open "
             "theirs, but for one now and then."},

    {.section = Section::health, .type = Type::name, .name = "load_metric",
     .fallback = "", .min = 1, .max = 64,
     .zero = "application_utilization, else cpu_utilization",
     .help = "Backends may say in any answer how much they have to do: endpoint-load-metrics: TEXT "
             "cpu_utilization=0.3, named_metrics.queue=12 (the ORCA format, JSON too). Which of "
             "these numbers is the load; \"queue\" stands for named_metrics.queue. It is believed for "
             "three intervals, from 10s to a minute, or until the next probe is due where that is "
             "later."},
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
     .help = "Frames a second from one client; of one that polls, packets. Pongs wait with the rest: "
             "a server takes a client for gone that has more on its WebSocket in front of a pong "
             "than comes through within pingTimeout."},
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
     .help = "Requests under way, of which a poll that waits is one, and WebSockets without a "
             "session; see sessions for the others."},
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
     .help = "Requests under way, of which a poll that waits is one, and WebSockets without a "
             "session; see sessions for the others."},
    {.section = Section::full, .type = Type::integer, .name = "reported_load",
     .fallback = "0", .min = 1, .max = 1000, .zero = "no limit",
     .help = "Percent of what it can do, as it says itself (see load_metric)."},

    {.section = Section::admission, .type = Type::integer, .name = "queue",
     .fallback = "1000", .min = 1, .max = 1'000'000, .zero = "nobody waits",
     .help = "Handshakes that may wait for room, over all workers. Who lost a session less than "
             "half a minute ago goes before who is new. One that comes when so many wait gets 503 at "
             "once, or, if it lost a session, the place of the newest who is new."},
    {.section = Section::admission, .type = Type::duration, .name = "wait",
     .fallback = "3s", .min = 100, .max = kMinute,
     .help = "How long a handshake may wait for room. Then 503 with Retry-After."},
    {.section = Section::admission, .type = Type::integer, .name = "rate",
     .fallback = "0", .min = 1, .max = 100'000, .zero = "no limit",
     .help = "New sessions that each backend gets in a second at most; more of them wait. It "
             "spreads those who come back at once after a backend has died. Who comes back to its "
             "own backend waits for that one, and keeps nobody from another. A session that its CONNECT "
             "moves to where its id belongs is not held back."},
    {.section = Section::admission, .type = Type::duration, .name = "recovery",
     .fallback = "30s", .min = 100, .max = kHour, .zero = "it takes all that come its way",
     .help = "How long a backend that was full by what is measured gets a fiftieth of its sessions in a "
             "second at most, or two. What it has to do shows late, so it would be filled far above its "
             "limit, time and again. Not after its limits of sessions, inflight or queued_bytes, which are "
             "counted at once."},

    {.section = Section::affinity, .type = Type::id_places, .name = "ids",
     .fallback = "", .min = 0, .max = 16,
     .help = "Where an id of the application's own may stand. connect: a field of what a client "
             "says of itself (auth) when it joins a Socket.IO namespace, the main one or another; only "
             "with the first that it joins can its session still be moved to where the id belongs, and "
             "once it has an id no other is learnt. "
             "query: a parameter of the URL. header: a field of the head. cookie: a cookie. json: a field of a JSON body, at its top level, see "
             "json_paths. When ids disagree a cookie's counts least, and one in use before one at "
             "rest."},
    {.section = Section::affinity, .type = Type::path_ends, .name = "json_paths",
     .fallback = "", .min = 0, .max = 32,
     .help = "The ends of the paths for which bodies are read, for json: ids. One of more than "
             "64KiB is not read. All go on unchanged."},
    {.section = Section::affinity, .type = Type::duration, .name = "keep",
     .fallback = "1h", .min = kSecond, .max = 168 * kHour,
     .help = "How long an id is remembered after the end of its last session, and after it was last "
             "asked for. One that was only announced, by a body with json: ids, is remembered for 30 s at most."},
    {.section = Section::affinity, .type = Type::duration, .name = "connect_wait",
     .fallback = "1s", .min = 10, .max = 10 * kSecond,
     .help = "With connect: ids, how long polls wait for a new session's CONNECT. Its upgrade waits "
             "a tenth of that, unless something else of the session waits too. For so long after the first one a compressed message that joins "
             "another namespace is read, if there was no id."},
    {.section = Section::affinity, .type = Type::duration, .name = "move_wait",
     .fallback = "10s", .min = 100, .max = kMinute,
     .help = "For the backend that a new session is moved to, since its id belongs there. No longer than "
             "half of the session's ping times. Then the session stays where it is, and its id belongs "
             "there from then on."},
    {.section = Section::affinity, .type = Type::cookie_name, .name = "cookie",
     .fallback = "", .min = 1, .max = kLongestCookieName, .zero = "it sets none",
     .help = "Name of a cookie of pinion's own, which tells the backend of a browser when no id "
             "does. It is signed, HttpOnly, and Secure when the client came by TLS, as one of "
             "trusted_proxies says (X-Forwarded-Proto). Pools behind one host name need one each."},
    {.section = Section::affinity, .type = Type::file_path, .name = "cookie_key_file",
     .fallback = "", .min = 1, .max = kLongestPath,
     .zero = "a key is made at start, so cookies are good until pinion ends",
     .help = "A file with the key by which the cookie is signed, of at least 16 bytes."},
    {.section = Section::affinity, .type = Type::choice, .name = "cookie_same_site",
     .fallback = "lax", .choices = kSameSites,
     .help = "Whether browsers send the cookie with requests from pages of other sites. none: they "
             "do, but take such a cookie by TLS only."},

    {.section = Section::backend, .type = Type::name, .name = "name",
     .fallback = "", .min = 1, .max = 64, .zero = "its address is its name",
     .help = "What commands and metrics call this backend."},
    {.section = Section::backend, .type = Type::backend_address, .name = "address",
     .fallback = "", .min = 1, .max = kLongestAddress,
     .help = "Where the backend listens. Host names are looked up at the start and every 30 "
             "seconds, and every 2 seconds while such a backend is down or the last look-up has "
             "failed.", .example = "127.0.0.1:3001"},
    {.section = Section::backend, .type = Type::integer, .name = "weight",
     .fallback = "1", .min = 1, .max = 1000,
     .help = "A backend of weight 2 gets twice the sessions of one of weight 1."},
    {.section = Section::backend, .type = Type::integer, .name = "max_sessions",
     .fallback = "0", .min = 1, .max = 10'000'000, .zero = "no limit",
     .help = "A backend that has as many sessions gets no new ones."},

    {.section = Section::backend, .type = Type::backend_address, .name = "agent",
     .fallback = "", .min = 1, .max = kLongestAddress, .zero = "it has none",
     .help = "Where an agent of this backend listens; under the backend's own name, at each of its "
             "addresses. It is asked at the pool's health.interval and "
             "says in a line what HAProxy's agent-check understands, in any case: \"75%\" of the "
             "weight (in pools above 64 more than 100 % counts as 100), \"maxconn:30\", \"drain\" or \"maint\" until \"ready\", \"down#why\" (\"fail\", "
             "\"stopped\") until \"up\". A word that is not known is skipped, and told of once."},

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

std::span<const Key> keys_of_pools() { return kKeysOfPools; }

}  // namespace pinion::config
