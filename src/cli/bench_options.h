// The options of `pinion bench`, as they are written and as the load generator wants them.
//
// Threads: values and pure functions.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "loadgen/options.h"

namespace CLI {
class App;
}  // namespace CLI

namespace pinion::cli {

struct BenchOptions {
  std::string target;
  std::string path = "/socket.io/";
  std::string transport = "websocket";
  std::size_t sessions = 100;
  double arrivals = 100;
  double rate = 1;
  std::string duration = "30s", grace = "5s";
  std::string size = "32B";
  std::string nsp = "/";
  std::string auth;
  std::string event = "message";
  std::string args;
  std::string reply;
  std::vector<std::string> headers;
  std::optional<std::uint64_t> seed;  // none: another one each time
  bool reconnect = false, cookies = false, json = false;
};

/// Tells the parser of them; what it reads goes into `options`, which outlives it.
void add_bench_options(CLI::App& command, BenchOptions& options);

/// Checks what the parser did not. The error is one line.
std::expected<loadgen::Options, std::string> to_load(const BenchOptions& options);

}  // namespace pinion::cli
