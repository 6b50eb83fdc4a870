#include "cli/sessions.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "admin/client.h"
#include "base/percent.h"
#include "cli/table.h"
#include "cli/units.h"
#include "log/escape.h"

namespace pinion::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string target_of(const SessionsOptions& sessions) {
  const std::string base = "/api/v1/sessions";
  if (!sessions.sid.empty()) return base + '/' + percent_encode(sessions.sid);
  return base + fmt::format("?backend={}&sort={}&limit={}", percent_encode(sessions.backend),
                            sessions.sort, sessions.limit);
}

std::string transport_of(const Json& session) {
  const std::string transport = text_of(session, "transport");
  if (transport == "websocket") return "ws";
  return transport == "polling" ? "poll" : transport;
}

std::string sum_of(const Json& session, const char* in, const char* out) {
  return std::to_string(count_of(session, in) + count_of(session, out));
}

std::string round_trip_of(const Json& session) {
  const auto found = session.find("rtt_ms");
  return found == session.end() || !found->is_number()
             ? "-"
             : fmt::format("{:.1f}ms", found->get<double>());
}

/// @param sort what they are sorted by, which is to be seen on narrow terminals too
void print_table(const Json& sessions, std::string_view sort, const Terminal& terminal) {
  const auto spare_unless = [sort](std::string_view title, std::string_view by) {
    return Table::Column{.title = title, .align = Align::right, .spare = sort != by};
  };
  Table table{{{"SID"},
               {"BACKEND"},
               {"VIA"},
               {"STATE"},
               {"AGE", Align::right},
               {"IDLE", Align::right},
               spare_unless("RTT", "rtt"),
               spare_unless("FRAMES", "frames"),
               spare_unless("FRAMES/s", "rate"),
               spare_unless("BYTES", "bytes"),
               spare_unless("QUEUED", "queued"),
               spare_unless("PAUSED", "paused")}};
  for (const Json& session : sessions) {
    table.add({text_of(session, "sid"), text_of(session, "backend"), transport_of(session),
               text_of(session, "state"), human_duration(number_of(session, "age_ms")),
               human_duration(number_of(session, "idle_ms")), round_trip_of(session),
               sum_of(session, "frames_in", "frames_out"),
               fmt::format("{:.1f}", number_of(session, "frames_in_rate") +
                                         number_of(session, "frames_out_rate")),
               human_bytes(number_of(session, "bytes_in") + number_of(session, "bytes_out")),
               human_bytes(number_of(session, "queued_bytes")),
               human_duration(number_of(session, "paused_ms"))});
  }
  table.print(terminal);
}

/// A value as `key: value` shows it; a missing one as a dash.
std::string shown(const Json& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return log::printable(value.get<std::string>());
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

int print_one(const Json& session, const Terminal& terminal) {
  if (!session.is_object()) return terminal.fail(kFailed, "the session is not an object");
  for (const auto& [key, value] : session.items()) {
    terminal.out << log::printable(key) << ": " << shown(value) << '\n';
  }
  return kDone;
}

int print_list(const Json& page, std::string_view sort, const Terminal& terminal) {
  const Json& sessions = list_of(page, "sessions");
  if (sessions.empty()) {
    terminal.out << "no sessions\n";
    return kDone;
  }
  print_table(sessions, sort, terminal);
  if (!text_of(page, "next").empty()) {
    terminal.out << fmt::format("the first {}; there are more (--limit N, at most 1000)\n",
                                sessions.size());
  }
  return kDone;
}

}  // namespace

int run_sessions(const SessionsOptions& sessions, const RemoteOptions& options,
                 const Terminal& terminal) {
  const auto body = ask(options, "GET", target_of(sessions));
  if (!body) return terminal.fail(body.error().exit_code, body.error().message);
  if (options.json) {
    terminal.out << *body;
    return kDone;
  }
  const auto json = parse_answer(*body);
  if (!json) return terminal.fail(json.error().exit_code, json.error().message);
  return sessions.sid.empty() ? print_list(*json, sessions.sort, terminal)
                              : print_one(*json, terminal);
}

}  // namespace pinion::cli
