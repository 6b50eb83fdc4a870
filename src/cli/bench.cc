#include "cli/bench.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <optional>
#include <ostream>

#include "cli/bench_report.h"
#include "loadgen/run.h"

namespace pinion::cli {
namespace {

/// Raises the limit of open files as far as a user may. @returns why that is not far enough
std::optional<std::string> too_few_files(const loadgen::Options& load) {
  const std::size_t needed = loadgen::descriptors_of(load);
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  if (limit.rlim_cur >= needed) return std::nullopt;
  if (limit.rlim_max >= needed) {
    limit.rlim_cur = needed;
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0) return std::nullopt;
  }
  return fmt::format(
      "{} sessions need {} open files, and the hard limit of this shell is {} (ulimit -Hn); fewer "
      "--sessions, or a higher limit",
      load.sessions, needed, limit.rlim_max);
}

/// A line each second that replaces the one before on a terminal; else one every five seconds.
class BenchWatcher final : public loadgen::Watcher {
 public:
  BenchWatcher(const Terminal& terminal, std::size_t sessions)
      : terminal_(terminal), sessions_(sessions), live_(::isatty(STDERR_FILENO) != 0) {}
  ~BenchWatcher() {
    if (shown_ && live_) terminal_.err << "\r\x1b[K" << std::flush;
  }
  BenchWatcher(const BenchWatcher&) = delete;
  BenchWatcher& operator=(const BenchWatcher&) = delete;

 private:
  void on_second(const loadgen::Progress& progress) noexcept override {
    constexpr unsigned kPlainEvery = 5;
    shown_ = true;
    if (live_) {
      std::string line = progress_.line(progress, sessions_);
      // One that is broken in two cannot be replaced.
      const auto most = static_cast<std::size_t>(columns_of(STDERR_FILENO) - 1);
      line.resize(std::min(line.size(), most));
      terminal_.err << '\r' << line << "\x1b[K" << std::flush;
    } else if (++seconds_ % kPlainEvery == 0) {
      terminal_.err << progress_.line(progress, sessions_) << std::endl;
    }
  }

  const Terminal& terminal_;
  std::size_t sessions_;
  bool live_;
  bool shown_ = false;
  unsigned seconds_ = 0;
  BenchProgress progress_;
};

int finish(const BenchOptions& options, const loadgen::Outcome& outcome, const Terminal& terminal) {
  using Kind = loadgen::Outcome::Kind;
  if (outcome.kind == Kind::no_answer) {
    return terminal.fail(kNoAnswer,
                         fmt::format("no answer from {}: {}", options.target, outcome.why));
  }
  if (outcome.kind == Kind::no_session) {
    return terminal.fail(kFailed, fmt::format("{} does not open an Engine.IO session at {}: {}",
                                              options.target, options.path, outcome.why));
  }
  if (options.json) {
    terminal.out << bench_json(options, outcome);
  } else {
    print_bench_report(options, outcome, terminal);
  }
  terminal.out << std::flush;
  const bool clean = loadgen::is_clean(outcome.total, options.reconnect);
  return clean && terminal.out.good() ? kDone : kFailed;
}

}  // namespace

int run_bench(const BenchOptions& options, const Terminal& terminal) {
  const auto load = to_load(options);
  if (!load) return terminal.fail(kUsage, load.error() + " (pinion bench --help)");
  if (const auto error = too_few_files(*load)) return terminal.fail(kFailed, *error);
  (void)std::signal(SIGPIPE, SIG_IGN);
  std::optional<BenchWatcher> watcher(std::in_place, terminal, load->sessions);
  const loadgen::Outcome outcome = loadgen::run(*load, *watcher);
  watcher.reset();
  BenchOptions told = options;
  told.seed = load->seed;
  return finish(told, outcome, terminal);
}

}  // namespace pinion::cli
