#include "load_options.h"

#include <algorithm>
#include <charconv>

namespace pinion::bench {
namespace {

template <typename Number>
void read_into(Number& out, std::string_view text, std::string_view name) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) {
    fail("load: not a number for " + std::string{name});
  }
}

void read_into(std::vector<int>& out, std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    read_into(out.emplace_back(), text.substr(0, end), name);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void set(Options& options, std::string_view name, std::string_view value) {
  if (name == "--port") return read_into(options.port, value, name);
  if (name == "--sessions") return read_into(options.sessions, value, name);
  if (name == "--seconds") return read_into(options.seconds, value, name);
  if (name == "--warmup") return read_into(options.warmup, value, name);
  if (name == "--settle") return read_into(options.settle, value, name);
  if (name == "--size") return read_into(options.size, value, name);
  if (name == "--rate") return read_into(options.rate, value, name);
  if (name == "--slow") return read_into(options.slow, value, name);
  if (name == "--storm") return read_into(options.storm, value, name);
  if (name == "--storm-rate") return read_into(options.storm_rate, value, name);
  if (name == "--proxy") return read_into(options.proxy, value, name);
  if (name == "--backend") return read_into(options.backend, value, name);
  fail("load: no option " + std::string{name});
}

}  // namespace

Options read_options(int argc, char** argv) {
  if (argc < 2 || argc % 2 != 0) fail("usage: load MODE [--name value]...");
  Options out;
  out.mode = argv[1];
  for (int i = 2; i < argc; i += 2) set(out, argv[i], argv[i + 1]);
  return out;
}

}  // namespace pinion::bench
