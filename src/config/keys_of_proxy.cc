#include "config/key_rows.h"

namespace pinion::config {
namespace {

constexpr std::string_view kLevels[] = {"debug", "info", "warning", "error"};
constexpr std::string_view kFormats[] = {"text", "json"};

// One row a key, in few lines, is easier to compare than one member a line.
// clang-format off
constexpr Key kKeysOfProxy[] = {
    {.section = Section::proxy, .type = Type::listen_addresses, .name = "listen",
     .fallback = "127.0.0.1:8080", .min = 1, .max = 64,
     .help = "Where clients connect. Port 0 takes a free one. To a unix socket every user of the "
             "machine can connect who may reach its folder."},
    {.section = Section::proxy, .type = Type::integer, .name = "workers",
     .fallback = "0", .min = 1, .max = 256, .zero = "one per core",
     .help = "Threads that carry traffic. Each serves every listener.", .restart = true},
    {.section = Section::proxy, .type = Type::integer, .name = "max_connections",
     .fallback = "0", .min = 16, .max = 10'000'000,
     .zero = "as many as the limit of open files allows",
     .help = "How many client connections there may be at a time. Up to 32 more are heard, each for one "
             "request: that of a session that polls is served, others hear 503; more are closed.",
     .restart = true},
    {.section = Section::proxy, .type = Type::duration, .name = "shutdown_grace",
     .fallback = "30s", .min = 10, .max = kHour, .zero = "sessions are closed at once",
     .help = "How long a stop may take to finish requests and to close sessions one after the "
             "other, and a session that is moved away to end a message that is under way."},
    {.section = Section::proxy, .type = Type::networks, .name = "trusted_proxies",
     .fallback = "", .min = 0, .max = 256,
     .help = "Peers whose X-Forwarded-* fields are believed. \"unix:\" means peers of unix "
             "sockets. The client is the last address of X-Forwarded-For, so of two proxies in a row the "
             "nearer one has to say who that is (nginx: real_ip_header)."},

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
     .help = "For a connection to a backend. Then the next best one is tried; what belongs to a session "
             "has no other, and hears 504."},
    {.section = Section::timeouts, .type = Type::duration, .name = "response_head",
     .fallback = "60s", .min = 10, .max = kHour,
     .help = "From the end of a request until the head of its response is complete. Then 504."},
    {.section = Section::timeouts, .type = Type::duration, .name = "response_idle",
     .fallback = "5m", .min = 10, .max = 24 * kHour,
     .help = "Silence of a backend inside an answer, while the client takes what there is. Then "
             "the answer is cut."},
    {.section = Section::timeouts, .type = Type::duration, .name = "tunnel_idle",
     .fallback = "0s", .min = kSecond, .max = 24 * kHour,
     .zero = "from the ping times of the handshake",
     .help = "Silence after which a WebSocket is closed."},

    {.section = Section::limits, .type = Type::size, .name = "head",
     .fallback = "64KiB", .min = kKiB, .max = kMiB,
     .help = "Request line and fields of a request, in all. Then 431. Of an answer likewise; then 502."},
    {.section = Section::limits, .type = Type::integer, .name = "headers",
     .fallback = "128", .min = 8, .max = 1024,
     .help = "Fields in the head of a request. Then 431. Of an answer likewise; then 502."},
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
    {.section = Section::limits, .type = Type::integer, .name = "affinity_ids",
     .fallback = "262144", .min = 1000, .max = 100'000'000,
     .help = "Ids (see [pool.affinity]) that are remembered beyond those of live sessions. When "
             "there are more, the longest idle is forgotten, and first of all those that no session "
             "has had.", .restart = true},
    {.section = Section::limits, .type = Type::integer, .name = "farewells",
     .fallback = "256", .min = 1, .max = 65536,
     .help = "Sessions that a worker tells backends at a time that nobody will ask for again, "
             "after a move. Those above it end there by their ping timeout."},

    {.section = Section::overload, .type = Type::integer, .name = "no_keep_alive",
     .fallback = "75", .min = 1, .max = 100, .zero = "never",
     .help = "Percent from which on a plain request's connection is closed after its answer."},
    {.section = Section::overload, .type = Type::integer, .name = "short_idle",
     .fallback = "80", .min = 1, .max = 100, .zero = "never",
     .help = "Percent from which on idle client connections are closed after `idle`."},
    {.section = Section::overload, .type = Type::integer, .name = "refuse_plain",
     .fallback = "90", .min = 1, .max = 100, .zero = "never",
     .help = "Percent from which on requests that are not socket.io's, nor of a session that is known by "
             "an id of its application, get 503."},
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
    {.section = Section::admin, .type = Type::integer, .name = "connections",
     .fallback = "64", .min = 1, .max = 4096,
     .help = "How many connections it serves at a time, each for one request. One more is closed "
             "at once.", .restart = true},
    {.section = Section::admin, .type = Type::duration, .name = "timeout",
     .fallback = "10s", .min = 10, .max = 10 * kMinute,
     .help = "From a connection until its request is there. To take the answer, a client has "
             "three times as long. Then it is closed.", .restart = true},

    {.section = Section::log, .type = Type::choice, .name = "level",
     .fallback = "info", .choices = kLevels,
     .help = "The least important messages that are written."},
    {.section = Section::log, .type = Type::choice, .name = "format",
     .fallback = "text", .choices = kFormats,
     .help = "How lines of both logs look.", .restart = true},
    {.section = Section::log, .type = Type::file_path, .name = "access",
     .fallback = "", .min = 1, .max = kLongestPath, .zero = "no access log",
     .help = "Where a line per request goes: \"stderr\" or a file."},
};
// clang-format on

}  // namespace

std::span<const Key> keys_of_proxy() { return kKeysOfProxy; }

}  // namespace pinion::config
