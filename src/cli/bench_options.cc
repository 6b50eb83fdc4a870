#include "cli/bench_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>

#include "base/ascii.h"
#include "config/address.h"
#include "config/units.h"

namespace pinion::cli {
namespace {

using Json = nlohmann::ordered_json;
using Wrong = std::unexpected<std::string>;

constexpr std::string_view kExample =
    R"(Example, 500 tabs of a Chainlit that each ask something every 20 s and hear a stream:
  pinion bench --target http://127.0.0.1:8080 --path /ws/socket.io/ --sessions 500 \
    --rate 0.05 --auth '{"sessionId":"{id}","clientType":"webapp"}' --reply stream_token \
    --event client_message --args '{"message":{"id":"{uuid}","output":"hello"}}'
{id} is the uuid of the session, {n} the number of the message, {uuid} a fresh one, and {pad}
as many bytes as --size says.)";

constexpr std::uint64_t kLargest = std::uint64_t{16} << 20U;  // bytes of padding

void add_load_options(CLI::App& command, BenchOptions& options) {
  command.add_option("--sessions", options.sessions, "How many")
      ->capture_default_str()
      ->type_name("N")
      ->check(CLI::Range(1, 100'000));
  command.add_option("--arrivals", options.arrivals, "New sessions a second, until all are there")
      ->capture_default_str()
      ->type_name("N")
      ->check(CLI::Range(0.01, 100'000.0));
  command
      .add_option("--rate", options.rate, "Messages a second of each session; 0: they only listen")
      ->capture_default_str()
      ->type_name("N")
      ->check(CLI::Range(0.0, 10'000.0));
  command.add_option("--duration", options.duration, "How long, once all sessions are there")
      ->capture_default_str()
      ->type_name("TIME");
  command.add_option("--grace", options.grace, "How long replies may take at the end")
      ->capture_default_str()
      ->type_name("TIME");
  command.add_flag("--reconnect", options.reconnect, "Come back after a loss, as clients do");
  command
      .add_option("--seed", options.seed, "Of all that is drawn by lot; default: another each time")
      ->type_name("N");
}

void add_message_options(CLI::App& command, BenchOptions& options) {
  command.add_option("--namespace", options.nsp, "Of Socket.IO")
      ->capture_default_str()
      ->type_name("NAME");
  command.add_option("--auth", options.auth, "Object to join with; {id} is a uuid of the session")
      ->type_name("JSON");
  command.add_option("--event", options.event, "What is sent")
      ->capture_default_str()
      ->type_name("NAME");
  command
      .add_option("--args", options.args,
                  "Its arguments, an array, or a value that is the only one; default: \"{pad}\"")
      ->type_name("JSON");
  command.add_option("--size", options.size, "How much {pad} stands for")
      ->capture_default_str()
      ->type_name("BYTES");
  command
      .add_option("--reply", options.reply,
                  "The event that answers, once or in a stream; default: the ack of the message")
      ->type_name("EVENT");
}

std::expected<void, std::string> read_target(const std::string& target, loadgen::Options& load) {
  constexpr std::string_view kScheme = "http://";
  const auto wrong = [&](std::string_view why) {
    return Wrong{"--target " + target + ": " + std::string(why) + "; it reads http://HOST[:PORT]"};
  };
  if (iequals(target.substr(0, 8), "https://")) return wrong("TLS is not spoken here");
  if (!iequals(target.substr(0, kScheme.size()), kScheme)) return wrong("not an http:// URL");
  std::string authority = target.substr(kScheme.size());
  if (authority.ends_with('/')) authority.pop_back();
  const bool has_port = authority.find(':', authority.rfind(']') + 1) != std::string::npos;
  const auto address = config::parse_backend_address(has_port ? authority : authority + ":80");
  if (!address) return wrong(address.error());
  if (address->kind == config::Address::Kind::unix_path) return wrong("not an http:// URL");
  load.host = address->host;
  load.port = address->port;
  load.authority = authority;
  return {};
}

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    const char lower = ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || kMarks.contains(c);
  });
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
  });
}

bool is_path(std::string_view text) {
  return text.starts_with('/') && std::ranges::all_of(text, [](char c) {
           return c > 0x20 && c < 0x7F && c != '?' && c != '#';
         });
}

std::expected<void, std::string> read_headers(const std::vector<std::string>& headers,
                                              loadgen::Options& load) {
  for (const std::string& header : headers) {
    const auto colon = header.find(':');
    const std::string name = header.substr(0, colon);
    if (colon == std::string::npos || !is_token(name) || !is_printable(header)) {
      return Wrong{"--header " + header + ": it reads 'Name: value'"};
    }
    load.headers.emplace_back(name, trim_ows(std::string_view(header).substr(colon + 1)));
  }
  return {};
}

std::expected<void, std::string> read_times(const BenchOptions& options, loadgen::Options& load) {
  for (const auto& [name, text, into] :
       {std::tuple{"--duration ", &options.duration, &load.duration},
        std::tuple{"--grace ", &options.grace, &load.grace}}) {
    const auto time = config::parse_duration(*text);
    if (!time) return Wrong{name + *text + ": " + time.error()};
    *into = *time;
  }
  const bool digits = parse_decimal(options.size).has_value();
  const auto size = config::parse_size(digits ? options.size + "B" : options.size);
  if (!size) return Wrong{"--size " + options.size + ": " + size.error()};
  if (*size > kLargest) return Wrong{"--size " + options.size + ": at most 16MiB"};
  load.pad = *size;
  return {};
}

/// The array that a message is, with the name of the event first.
std::expected<void, std::string> read_message(const BenchOptions& options, loadgen::Options& load) {
  Json args = Json::array({"{pad}"});
  if (!options.args.empty()) args = Json::parse(options.args, nullptr, false);
  if (args.is_discarded()) return Wrong{"--args " + options.args + ": not JSON"};
  if (!args.is_array()) args = Json::array({args});
  Json message = Json::array({options.event});
  for (const Json& argument : args) message.push_back(argument);
  load.message = message.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (options.auth.empty()) return {};
  const Json auth = Json::parse(options.auth, nullptr, false);
  if (!auth.is_object()) return Wrong{"--auth " + options.auth + ": not a JSON object"};
  load.auth = auth.dump(-1, ' ', false, Json::error_handler_t::replace);
  return {};
}

}  // namespace

void add_bench_options(CLI::App& command, BenchOptions& options) {
  command.add_option("--target", options.target, "The server, or the proxy before it")
      ->type_name("URL")
      ->required();
  command.add_option("--path", options.path, "Where its Engine.IO lives")
      ->capture_default_str()
      ->type_name("PATH");
  command
      .add_option("--transport", options.transport,
                  "How sessions talk; upgrade: by polling first, as browsers do")
      ->capture_default_str()
      ->type_name("NAME")
      ->check(CLI::IsMember({"websocket", "polling", "upgrade"}));
  add_load_options(command, options);
  add_message_options(command, options);
  command.add_option("--header", options.headers, "For every request; may be repeated")
      ->type_name("'NAME: VALUE'")
      ->take_all()
      ->expected(1);
  command.add_flag("--cookies", options.cookies, "Keep cookies and send them back, as browsers do");
  command.add_flag("--json", options.json, "Print the report as JSON");
  command.footer(std::string(kExample));
}

std::expected<loadgen::Options, std::string> to_load(const BenchOptions& options) {
  loadgen::Options load;
  load.path = options.path.ends_with('/') ? options.path : options.path + '/';
  if (!is_path(load.path)) return Wrong{"--path " + options.path + ": it reads /PATH/"};
  if (!options.nsp.starts_with('/') || options.nsp.find(',') != std::string::npos ||
      !is_printable(options.nsp)) {
    return Wrong{"--namespace " + options.nsp + ": it begins with a slash and has no comma"};
  }
  load.transport = options.transport == "polling"   ? loadgen::Transport::polling
                   : options.transport == "upgrade" ? loadgen::Transport::upgrade
                                                    : loadgen::Transport::websocket;
  load.sessions = options.sessions;
  load.arrivals = options.arrivals;
  load.rate = options.rate;
  load.reconnect = options.reconnect;
  load.cookies = options.cookies;
  load.nsp = options.nsp;
  load.reply = options.reply;
  load.seed = options.seed.value_or(std::random_device{}());
  for (const auto& done : {read_target(options.target, load), read_headers(options.headers, load),
                           read_times(options, load), read_message(options, load)}) {
    if (!done) return Wrong{done.error()};
  }
  return load;
}

}  // namespace pinion::cli
