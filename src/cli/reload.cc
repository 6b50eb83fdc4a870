#include "cli/reload.h"

#include <nlohmann/json.hpp>
#include <ostream>

#include "admin/control.h"
#include "log/escape.h"

namespace pinion::cli {
namespace {

using Json = nlohmann::ordered_json;

// Somebody else's reload may come first.
constexpr std::chrono::seconds kPatience{15};
static_assert(kPatience > 2 * admin::kReloadTime);

void print_lines(const Json& lines, std::string_view before, const Terminal& terminal) {
  for (const Json& line : lines) {
    if (!line.is_string()) continue;
    terminal.out << before << log::printable(line.get<std::string>()) << '\n';
  }
}

int fail(const RemoteError& error, const Terminal& terminal) {
  if (error.details.empty()) return terminal.fail(error.exit_code, error.message);
  for (const std::string& detail : error.details) {
    (void)terminal.fail(error.exit_code, log::printable(detail));
  }
  return error.exit_code;
}

}  // namespace

int run_reload(const RemoteOptions& options, const Terminal& terminal) {
  const auto body = ask(options, "POST", "/api/v1/reload", {}, kPatience);
  if (!body) return fail(body.error(), terminal);
  const auto answer = parse_answer(*body);
  if (options.json) {
    terminal.out << *body;
    return answer && !list_of(*answer, "errors").empty() ? kFailed : kDone;
  }
  if (!answer) return fail(answer.error(), terminal);
  const Json& changes = list_of(*answer, "changes");
  if (changes.empty()) terminal.out << "nothing has changed\n";
  print_lines(changes, "", terminal);
  print_lines(list_of(*answer, "restart"), "needs a restart: ", terminal);
  int code = kDone;
  for (const Json& error : list_of(*answer, "errors")) {
    if (error.is_string()) {
      code = terminal.fail(kFailed, log::printable(error.get<std::string>()));
    }
  }
  return code;
}

}  // namespace pinion::cli
