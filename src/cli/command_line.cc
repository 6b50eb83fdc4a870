#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <ostream>
#include <string_view>

#include "cli/bench.h"
#include "cli/check.h"
#include "cli/config_command.h"
#include "cli/moving.h"
#include "cli/reload.h"
#include "cli/remote.h"
#include "cli/sessions.h"
#include "cli/status.h"
#include "config/presets.h"

namespace pinion::cli {
namespace {

constexpr std::string_view kDefaultConfig = "/etc/pinion/pinion.toml";

/// The commands with their options, and what was chosen.
class CommandLine {
 public:
  CommandLine(const Terminal& terminal, RunServer run) : terminal_(terminal), run_(run) {
    app_.name("pinion");
    app_.set_version_flag("--version", "pinion " PINION_VERSION);
    app_.require_subcommand(1);
    add_local_commands();
    add_remote_commands();
    add_bench_options(
        *add("bench", "Load a socket.io server or proxy with many clients, and say how it does",
             [this] { return run_bench(bench_, terminal_); }),
        bench_);
  }

  int parse_and_run(std::vector<std::string> arguments) {
    if (arguments.empty()) {
      terminal_.err << app_.help();
      return kUsage;
    }
    if (const auto& first = arguments.front(); !first.starts_with('-') && !knows(first)) {
      return terminal_.fail(kUsage, "there is no command " + first + "; " + known_commands());
    }
    if (arguments.front() == "sessions") part_sid_from_options(arguments);
    std::ranges::reverse(arguments);  // CLI11 takes them from the back
    try {
      app_.parse(std::move(arguments));
    } catch (const CLI::ParseError& error) {
      return finish(error);
    }
    const int code = command_();
    // A full disk must not make a script take a part for the whole.
    if (code == kDone && !terminal_.out.flush()) {
      return terminal_.fail(kFailed, "the output could not be written");
    }
    return code;
  }

 private:
  /// One sid in 64 begins with a dash. No option here is a dash and several letters, so it is a
  /// sid.
  static void part_sid_from_options(std::vector<std::string>& arguments) {
    if (std::ranges::find(arguments, "--") != arguments.end()) return;
    const auto sid = std::ranges::find_if(arguments, [](const std::string& argument) {
      return argument.size() > 2 && argument[0] == '-' && argument[1] != '-';
    });
    if (sid == arguments.end()) return;
    std::rotate(sid, sid + 1, arguments.end());
    arguments.insert(arguments.end() - 1, "--");
  }

  CLI::App* add(const std::string& name, const std::string& help, std::function<int()> command) {
    CLI::App* const sub = app_.add_subcommand(name, help);
    sub->callback([this, command = std::move(command)] { command_ = command; });
    return sub;
  }

  void add_config(CLI::App* command) {
    command->add_option("-c,--config", config_file_, "The config file")
        ->capture_default_str()
        ->type_name("FILE");
  }

  void add_local_commands() {
    add_config(
        add("run", "Run the proxy in the foreground", [this] { return run_(config_file_); }));
    add_config(add("check", "Read and check the config, and say what would be in force",
                   [this] { return run_check(config_file_, terminal_.out, terminal_.err); }));
    CLI::App* const config =
        add("config", "Print the reference config: every key, default, bounds and help",
            [this] { return run_config(config_, terminal_.out); });
    CLI::Option* const man = config->add_flag(
        "--man", config_.man, "Print the man page pinion.toml(5) for scdoc instead");
    std::vector<std::string> known_presets;
    for (const config::Preset preset : config::presets())
      known_presets.emplace_back(config::preset_name(preset));
    config->add_option("--preset", config_.preset, "Print what this preset of a pool sets instead")
        ->type_name("NAME")
        ->check(CLI::IsMember(known_presets))
        ->excludes(man);
  }

  void add_remote(CLI::App* command) {
    command
        ->add_option("--admin", remote_.admin, "The admin endpoint: http://HOST:PORT or unix:/PATH")
        ->capture_default_str()
        ->type_name("URL");
    command->add_option("--token-file", remote_.token_file, "File with the token for changes")
        ->type_name("FILE");
    command->add_flag("--json", remote_.json, "Print the endpoint's answer as it came");
  }

  void add_remote_commands() {
    add_remote(add("status", "Show pools, backends, their state and load",
                   [this] { return run_status(remote_, terminal_); }));
    CLI::App* const sessions = add("sessions", "List live sessions, or show one",
                                   [this] { return run_sessions(sessions_, remote_, terminal_); });
    sessions->add_option("--backend", sessions_.backend, "Only those of this backend")
        ->type_name("[POOL/]NAME");
    sessions->add_option("--sort", sessions_.sort, "What the list is sorted by, largest first")
        ->capture_default_str()
        ->type_name("KEY")
        ->check(
            CLI::IsMember({"age", "idle", "bytes", "frames", "queued", "paused", "rate", "rtt"}));
    sessions->add_option("--limit", sessions_.limit, "At most so many")
        ->capture_default_str()
        ->type_name("N")
        ->check(CLI::Range(1, 1000));
    sessions->add_option("sid", sessions_.sid, "Show this session")->type_name("SID");
    add_remote(sessions);
    add_moving_commands();
    add_remote(add("reload", "Read the config again; what is wrong in it changes nothing",
                   [this] { return run_reload(remote_, terminal_); }));
  }

  void add_moving_commands() {
    CLI::App* const drain =
        add("drain", "Give a backend no new sessions, so that it can be stopped",
            [this] { return run_drain(moving_, remote_, terminal_); });
    drain->add_flag("--close", moving_.close,
                    "Move its sessions away, instead of waiting for them");
    CLI::App* const undrain = add("undrain", "Give a backend sessions again",
                                  [this] { return run_undrain(moving_, remote_, terminal_); });
    CLI::App* const rebalance =
        add("rebalance", "Move sessions away from backends that have more than their share",
            [this] { return run_rebalance(moving_, remote_, terminal_); });
    for (CLI::App* const command : {drain, undrain}) {
      command->add_option("backend", moving_.of, "Which one")
          ->type_name("POOL/BACKEND")
          ->required();
    }
    rebalance->add_option("pool", moving_.of, "In which pool")->type_name("POOL")->required();
    for (CLI::App* const command : {drain, rebalance}) {
      command->add_option("--rate", moving_.rate, "How many are moved a second; 10/s by default")
          ->type_name("N/s");
    }
    rebalance->add_flag("--stop", moving_.stop, "Move nobody any more")
        ->excludes(rebalance->get_option("--rate"));
    for (CLI::App* const command : {drain, undrain, rebalance}) add_remote(command);
  }

  bool knows(const std::string& command) {
    return std::ranges::any_of(app_.get_subcommands({}),
                               [&](const CLI::App* sub) { return sub->get_name() == command; });
  }

  std::string known_commands() {
    std::string text = "commands are";
    std::string_view separator = " ";
    for (const CLI::App* sub : app_.get_subcommands({})) {
      text.append(separator).append(sub->get_name());
      separator = ", ";
    }
    return text + " (pinion --help)";
  }

  /// Help and version come as exceptions too, with exit code 0.
  int finish(const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app_.exit(error, terminal_.out, terminal_.err);
    std::string message = error.what();
    std::ranges::replace(message, '\n', ' ');
    const auto chosen = app_.get_subcommands();
    const std::string command = chosen.empty() ? "" : chosen.front()->get_name() + " ";
    return terminal_.fail(kUsage, message + " (pinion " + command + "--help)");
  }

  const Terminal& terminal_;
  RunServer run_;
  CLI::App app_{"Sticky layer-7 load balancer for socket.io"};
  std::function<int()> command_;
  std::string config_file_{kDefaultConfig};
  ConfigOptions config_;
  BenchOptions bench_;
  RemoteOptions remote_;
  SessionsOptions sessions_;
  MovingOptions moving_;
};

}  // namespace

int run_command_line(int argc, char** argv, RunServer run) {
  return run_command_line(std::vector<std::string>(argv + std::min(argc, 1), argv + argc),
                          standard_terminal(), run);
}

int run_command_line(std::vector<std::string> arguments, const Terminal& terminal, RunServer run) {
  return CommandLine{terminal, run}.parse_and_run(std::move(arguments));
}

}  // namespace pinion::cli
