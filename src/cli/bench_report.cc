#include "cli/bench_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>
#include <string_view>

#include "cli/table.h"
#include "cli/units.h"
#include "log/escape.h"

namespace pinion::cli {
namespace {

using Json = nlohmann::ordered_json;
using loadgen::Histogram;
using loadgen::Measurements;
using loadgen::Tally;

double milliseconds_of(Duration duration) { return to_seconds(duration) * 1000; }

/// Three digits and a unit, whatever the size: "0.34 ms", "21.7 ms", "3.05 s".
std::string short_time(Duration duration) {
  const double ms = milliseconds_of(duration);
  if (ms < 10) return fmt::format("{:.2f} ms", ms);
  if (ms < 100) return fmt::format("{:.1f} ms", ms);
  return ms < 1000 ? fmt::format("{:.0f} ms", ms) : fmt::format("{:.2f} s", ms / 1000);
}

std::string rate_text(double a_second) {
  return a_second < 100 ? fmt::format("{:.1f}/s", a_second)
                        : grouped(static_cast<std::uint64_t>(a_second)) + "/s";
}

double per_second(std::uint64_t count, Duration elapsed) {
  return elapsed > Duration{0} ? static_cast<double>(count) / to_seconds(elapsed) : 0;
}

void add_times(Table& table, const char* name, const Histogram& times) {
  if (times.count() == 0) return;
  table.add({std::string("  ") + name, grouped(times.count()), short_time(times.percentile(0.5)),
             short_time(times.percentile(0.9)), short_time(times.percentile(0.99)),
             short_time(times.longest())});
}

void add_tally(Table& table, const std::string& what, const Tally& tally, Style style) {
  for (const auto& [words, count] : tally.counts()) {
    table.add_line({fmt::format("  {} {}: {}", grouped(count), what, words), style});
  }
}

void add_sessions(Table& table, const Measurements& all) {
  table.add_line({"sessions", Style::bold});
  std::string line =
      fmt::format("  {} started, {} joined", grouped(all.started), grouped(all.joined));
  if (all.upgraded != 0) line += fmt::format(", {} upgraded", grouped(all.upgraded));
  if (all.returned != 0) line += fmt::format(", {} came back", grouped(all.returned));
  table.add_line({line});
  if (all.missing != 0) {
    table.add_line({fmt::format("  {} missing at the end", grouped(all.missing)), Style::bad});
  }
  add_tally(table, "without an answer", all.unreachable, Style::bad);
  add_tally(table, "refused with", all.refused, Style::bad);
  if (all.retry_after != 0) {
    table.add_line(
        {fmt::format("  {} with Retry-After, {:.0f} to {:.0f} s", grouped(all.retry_after),
                     to_seconds(all.retry_after_least), to_seconds(all.retry_after_most)),
         Style::odd});
  }
  add_tally(table, "not upgraded", all.not_upgraded, Style::bad);
  if (all.stayed != 0) {
    table.add_line({fmt::format("  {} still polling at the end", grouped(all.stayed)), Style::bad});
  }
  add_tally(table, "closed", all.closed, Style::bad);
  if (all.unknown_sid != 0) {
    table.add_line(
        {fmt::format("  {} answers that the session is unknown", grouped(all.unknown_sid)),
         Style::bad});
  }
}

void add_messages(Table& table, const BenchOptions& options, const loadgen::Outcome& outcome) {
  const Measurements& all = outcome.total;
  const Duration elapsed = outcome.elapsed;
  table.add_line({"messages", Style::bold});
  table.add_line(
      {fmt::format("  {} sent ({}), {} answered, {} heard ({})", grouped(all.sent),
                   rate_text(per_second(all.sent, elapsed)), grouped(all.answered),
                   grouped(all.heard), rate_text(per_second(outcome.in_time.heard, elapsed)))});
  table.add_line(
      {fmt::format("  {} lost", grouped(all.lost)), all.lost == 0 ? Style::plain : Style::bad});
  if (all.sent != 0 && all.answered == 0) {
    const std::string hoped = options.reply.empty() ? "an ack" : options.reply;
    table.add_line({fmt::format("  none was answered: does the server answer {} by {}? (--event, "
                                "--reply)",
                                options.event, hoped),
                    Style::odd});
  }
  if (all.held_back != 0) {
    table.add_line(
        {fmt::format("  {} held back: too many had no reply yet", grouped(all.held_back)),
         Style::odd});
  }
  const std::string stalls =
      all.stalls == 0 ? "  no stall of 1 s or more"
                      : fmt::format("  {} stalls of 1 s and more in {} sessions, the longest {}",
                                    grouped(all.stalls), grouped(all.stalled_sessions),
                                    short_time(all.longest_stall));
  table.add_line({stalls, all.stalls == 0 ? Style::plain : Style::odd});
  table.add_line({fmt::format("  {}B/s out, {}B/s in",
                              human_bytes(per_second(outcome.in_time.bytes_out, elapsed)),
                              human_bytes(per_second(outcome.in_time.bytes_in, elapsed)))});
}

/// The load has its own troubles when it is late by so much.
constexpr Duration kLate = std::chrono::milliseconds{10};

Json times_json(const Histogram& times) {
  if (times.count() == 0) return nullptr;
  return {{"count", times.count()},
          {"p50", milliseconds_of(times.percentile(0.5))},
          {"p90", milliseconds_of(times.percentile(0.9))},
          {"p99", milliseconds_of(times.percentile(0.99))},
          {"max", milliseconds_of(times.longest())}};
}

Json tally_json(const Tally& tally) {
  Json why = Json::object();
  for (const auto& [words, count] : tally.counts()) why[words] = count;
  return {{"total", tally.total()}, {"why", why}};
}

Json sessions_json(const Measurements& all) {
  return {{"started", all.started},
          {"joined", all.joined},
          {"upgraded", all.upgraded},
          {"returned", all.returned},
          {"missing", all.missing},
          {"stayed_with_polling", all.stayed},
          {"unreachable", tally_json(all.unreachable)},
          {"refused", tally_json(all.refused)},
          {"retry_after",
           {{"seen", all.retry_after},
            {"least_s", to_seconds(all.retry_after_least)},
            {"most_s", to_seconds(all.retry_after_most)}}},
          {"not_upgraded", tally_json(all.not_upgraded)},
          {"closed", tally_json(all.closed)},
          {"unknown_sid", all.unknown_sid}};
}

Json messages_json(const loadgen::Outcome& outcome) {
  const Measurements& all = outcome.total;
  const Duration elapsed = outcome.elapsed;
  return {{"sent", all.sent},
          {"answered", all.answered},
          {"lost", all.lost},
          {"held_back", all.held_back},
          {"heard", all.heard},
          {"sent_per_s", per_second(all.sent, elapsed)},
          {"heard_per_s", per_second(outcome.in_time.heard, elapsed)},
          {"bytes_out", all.bytes_out},
          {"bytes_in", all.bytes_in},
          {"bytes_out_per_s", per_second(outcome.in_time.bytes_out, elapsed)},
          {"bytes_in_per_s", per_second(outcome.in_time.bytes_in, elapsed)}};
}

}  // namespace

std::string BenchProgress::line(const loadgen::Progress& now, std::size_t sessions) {
  const Measurements& all = now.total;
  const Duration passed = now.elapsed - elapsed_;
  std::string text = fmt::format("{:>4.0f} s  {}/{} sessions  {} out  {} in",
                                 to_seconds(now.elapsed), grouped(all.present), grouped(sessions),
                                 rate_text(per_second(all.sent - sent_, passed)),
                                 rate_text(per_second(all.heard - heard_, passed)));
  if (now.lately.count() != 0) {
    text += fmt::format("  p50 {}  p99 {}", short_time(now.lately.percentile(0.5)),
                        short_time(now.lately.percentile(0.99)));
  }
  const auto add = [&](std::uint64_t count, std::string_view what) {
    if (count != 0) text += fmt::format("  {} {}", grouped(count), what);
  };
  add(all.lost, "lost");
  add(all.stalls, "stalls");
  add(all.refused.total() + all.unreachable.total(), "refused");
  add(all.closed.total(), "closed");
  elapsed_ = now.elapsed;
  sent_ = all.sent;
  heard_ = all.heard;
  return text;
}

void print_bench_report(const BenchOptions& options, const loadgen::Outcome& outcome,
                        const Terminal& terminal) {
  const Measurements& all = outcome.total;
  Table table{{{"TIMES"},
               {"COUNT", Align::right},
               {"P50", Align::right},
               {"P90", Align::right},
               {"P99", Align::right},
               {"MAX", Align::right}}};
  add_times(table, "handshake", all.handshake);
  add_times(table, "joined", all.connect);
  add_times(table, options.reply.empty() ? "ack" : "first reply", all.delay);
  add_times(table, "gap in stream", all.gap);
  if (all.lateness.percentile(0.99) > kLate) {
    add_times(table, "late to send", all.lateness);
    table.add_line(
        {"  this machine is too busy to send in time; its times are too long", Style::odd});
  }
  add_sessions(table, all);
  add_messages(table, options, outcome);
  const char* const ended =
      outcome.kind == loadgen::Outcome::Kind::interrupted ? ", interrupted" : "";
  terminal.out << log::printable(fmt::format("{} by {}, {} sessions, {}{}", options.target,
                                             options.transport, grouped(options.sessions),
                                             short_time(outcome.elapsed), ended))
               << '\n';
  table.print(terminal);
}

std::string bench_json(const BenchOptions& options, const loadgen::Outcome& outcome) {
  const Measurements& all = outcome.total;
  const Json report = {
      {"target", options.target},
      {"transport", options.transport},
      {"sessions_wanted", options.sessions},
      {"rate", options.rate},
      {"seed", options.seed.value_or(0)},
      {"elapsed_s", to_seconds(outcome.elapsed)},
      {"interrupted", outcome.kind == loadgen::Outcome::Kind::interrupted},
      {"clean", loadgen::is_clean(all, options.reconnect)},
      {"sessions", sessions_json(all)},
      {"messages", messages_json(outcome)},
      {"stalls",
       {{"count", all.stalls},
        {"sessions", all.stalled_sessions},
        {"longest_ms", milliseconds_of(all.longest_stall)}}},
      {"handshake_ms", times_json(all.handshake)},
      {"joined_ms", times_json(all.connect)},
      {"delay_ms", times_json(all.delay)},
      {"gap_ms", times_json(all.gap)},
      {"lateness_ms", times_json(all.lateness)},
  };
  return report.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace pinion::cli
