#include "cli/status.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "cli/moving.h"
#include "cli/table.h"
#include "cli/units.h"
#include "log/escape.h"

namespace pinion::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string count_cell(const Json& object, const char* key) {
  return std::to_string(count_of(object, key));
}

std::string bytes_cell(const Json& object, const char* key) {
  return human_bytes(number_of(object, key));
}

// Where nothing was measured, nothing is told: "?".

/// The busy share that is to be expected.
std::string load_cell(const Json& backend) {
  const auto load = backend.find("load");
  if (load == backend.end() || !load->is_number()) return "?";
  const auto value = load->get<double>();
  if (value < 10'000) return fmt::format("{:.2f}", value);
  // Whatever the proxy says, the table keeps its columns.
  return value < 999'500 ? fmt::format("{:.0f}K", value / 1000) : ">999K";
}

/// The share of time in which its event loop is busy.
std::string busy_cell(const Json& backend) {
  const auto share = backend.find("busy_share");
  if (share == backend.end() || !share->is_number()) return "?";
  return fmt::format("{:.0f}%", 100.0 * share->get<double>());
}

/// A backend that is up and takes no sessions is not as it should be either.
Style style_of(const Json& backend) {
  const std::string state = text_of(backend, "state");
  if (state == "down") return Style::bad;
  const auto ready = backend.find("ready");
  return state == "up" && ready != backend.end() && *ready == true ? Style::good : Style::odd;
}

std::string moving_text(const Json& moving) {
  return fmt::format("{}: {} left, {} moved, {:g}/s", text_of(moving, "why"),
                     count_of(moving, "left"), count_of(moving, "moved"),
                     number_of(moving, "rate"));
}

void add_backend(Table& table, const Json& backend) {
  table.add({"  " + text_of(backend, "name"),
             {text_of(backend, "state"), style_of(backend)},
             count_cell(backend, "sessions"),
             count_cell(backend, "websocket"),
             count_cell(backend, "polling"),
             count_cell(backend, "reserved"),
             count_cell(backend, "inflight"),
             bytes_cell(backend, "queued_bytes"),
             load_cell(backend),
             busy_cell(backend)});
  const std::string reason = text_of(backend, "reason");
  if (!reason.empty()) table.add_line({"    " + reason, style_of(backend)});
  const Json moving = backend.value("moving", Json());
  if (moving.is_object()) table.add_line({"    " + moving_text(moving), Style::odd});
}

Table backends_table(const Json& status) {
  Table table{{{"POOL/BACKEND"},
               {"STATE"},
               {"SESSIONS", Align::right},
               {"WS", Align::right},
               {"POLL", Align::right},
               {"RSVD", Align::right},
               {"INFL", Align::right},
               {"QUEUED", Align::right},
               {"LOAD", Align::right},
               {"BUSY", Align::right}}};
  std::uint64_t websocket = 0;
  std::uint64_t polling = 0;
  for (const Json& pool : list_of(status, "pools")) {
    table.add_line({text_of(pool, "name"), Style::bold});
    if (const auto waiting = count_of(pool, "waiting"); waiting != 0) {
      table.add_line({fmt::format("  {} of at most {} wait for room", grouped(waiting),
                                  grouped(count_of(pool, "waiting_limit"))),
                      Style::odd});
    }
    if (const auto waits = waits_text(pool.value("rebalance", Json())); !waits.empty()) {
      table.add_line({"  rebalance " + waits, Style::odd});
    }
    for (const Json& backend : list_of(pool, "backends")) {
      if (!backend.is_object()) continue;
      websocket += count_of(backend, "websocket");
      polling += count_of(backend, "polling");
      add_backend(table, backend);
    }
  }
  const Json totals = status.value("totals", Json::object());
  table.add({{"total", Style::bold},
             "",
             count_cell(totals, "sessions"),
             std::to_string(websocket),
             std::to_string(polling),
             count_cell(totals, "reserved"),
             count_cell(totals, "inflight"),
             bytes_cell(totals, "queued_bytes"),
             "",
             ""});
  return table;
}

std::string headline(const Json& status) {
  const auto workers = count_of(status, "workers");
  return log::printable(fmt::format(
      "pinion {}, up {}, {} worker{}, {} connections, {}B memory", text_of(status, "version"),
      human_duration(number_of(status, "uptime_s") * 1000.0), workers, workers == 1 ? "" : "s",
      grouped(count_of(status, "connections")), human_bytes(number_of(status, "memory_bytes"))));
}

/// What pinion has given up because it runs out of something, in two lines; empty when nothing.
std::string overload_lines(const Json& overload) {
  std::string rungs;
  for (const Json& rung : list_of(overload, "rungs")) {
    if (rung.is_string()) rungs += (rungs.empty() ? "  " : ", ") + rung.get<std::string>();
  }
  if (rungs.empty()) return {};
  std::string used = "overloaded:";
  const Json uses = overload.value("used", Json::object());
  for (const auto& [resource, share] : uses.items()) {
    if (share.is_number()) used += fmt::format(" {} {:.0f} %", resource, 100 * share.get<double>());
  }
  return log::printable(used) + '\n' + log::printable(rungs) + '\n';
}

std::string footline(const Json& totals) {
  return fmt::format("{} sessions since the start, {} requests, {} sids pinned",
                     grouped(count_of(totals, "sessions_total")),
                     grouped(count_of(totals, "requests_total")),
                     grouped(count_of(totals, "pins")));
}

}  // namespace

int run_status(const RemoteOptions& options, const Terminal& terminal) {
  const auto body = ask(options, "GET", "/api/v1/status");
  if (!body) return terminal.fail(body.error().exit_code, body.error().message);
  if (options.json) {
    terminal.out << *body;
    return kDone;
  }
  const auto status = parse_answer(*body);
  if (!status) return terminal.fail(status.error().exit_code, status.error().message);
  if (!status->is_object()) return terminal.fail(kFailed, "the status is not an object");
  terminal.out << styled(terminal, headline(*status), Style::bold) << "\n";
  terminal.out << styled(terminal, overload_lines(status->value("overload", Json::object())),
                         Style::bad);
  terminal.out << '\n';
  backends_table(*status).print(terminal);
  terminal.out << '\n' << footline(status->value("totals", Json::object())) << '\n';
  return kDone;
}

}  // namespace pinion::cli
