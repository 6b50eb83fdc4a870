// Any text as what a backend says of its load: in a field of an answer, and in its agent's line.
// What was understood of a line is understood of it again when it is written anew.
#include <string>

#include "balance/agent_line.h"
#include "balance/orca.h"
#include "base/check.h"
#include "bytes.h"

namespace pinion::fuzz {
namespace {

void check_orca(std::string_view text) {
  for (const char* const metric : {"", "queue"}) {
    const auto load = balance::reported_load(text, {.metric = metric, .full = 10, .believed = {}});
    PINION_CHECK(!load || (*load >= 0 && *load <= balance::kMostReported), "a load has bounds");
  }
}

void check_agent(std::string_view text) {
  const auto [line, unknown] = balance::parse_agent_line(text);
  PINION_CHECK(unknown.empty() || text.find(unknown) != std::string_view::npos,
               "what is not known stands there");
  if (!line) return;
  std::string again;
  if (line->up) again += *line->up ? "up " : "down ";
  if (line->admin) again += std::string(balance::to_string(balance::to_stance(*line->admin))) + ' ';
  if (line->percent) again += std::to_string(*line->percent) + "% ";
  if (line->max_sessions) again += "maxconn:" + std::to_string(*line->max_sessions);
  const auto second = balance::parse_agent_line(again);
  PINION_CHECK(second.line == line && second.unknown.empty(), "a line says what it said");
}

}  // namespace
}  // namespace pinion::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = pinion::fuzz::as_text(data, size);
  pinion::fuzz::check_orca(text);
  pinion::fuzz::check_agent(text);
  return 0;
}
