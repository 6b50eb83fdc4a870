#include "config/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "config/assemble.h"
#include "config/check_routes.h"
#include "config/fields.h"
#include "config/key_text.h"
#include "config/value_text.h"

namespace pinion::config {
namespace {

using Row = std::vector<std::string>;

constexpr std::size_t kWidestCell = 70;

/// The rows with their columns aligned, each indented; nothing behind the last column.
std::string aligned(const std::vector<Row>& rows, std::size_t indent) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line(indent, ' ');
    for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

/// The cells of a struct's fields in the order of the table of keys, or their names.
template <class Struct>
Row cells(Section section, const Struct& values) {
  Row row;
  each_field(values, [&](std::string_view name, const auto& value) {
    row.push_back(value_text(*find_key(section, name), value));
  });
  return row;
}

template <class Struct>
Row names(const Struct& values) {
  Row row;
  each_field(values, [&](std::string_view name, const auto&) { row.emplace_back(name); });
  return row;
}

/// A list's entries one by one, if it is too wide for one line.
Row parts_of(const std::string& list) {
  if (list.size() <= kWidestCell) return {list};
  constexpr std::string_view kComma = ", ";
  Row parts;
  std::size_t begin = 0;
  for (auto end = list.find(kComma); end != std::string::npos; end = list.find(kComma, begin)) {
    parts.push_back(list.substr(begin, end - begin));
    begin = end + kComma.size();
  }
  parts.push_back(list.substr(begin));
  return parts;
}

/// A line for each key: its name, its value, and the default where that is another value.
template <class Struct>
std::string fields(Section section, const Struct& values, const Struct& defaults) {
  const Row name = names(values);
  const Row value = cells(section, values);
  const Row fallback = cells(section, defaults);
  std::vector<Row> rows;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const Key& key = *find_key(section, name[i]);
    const bool differs = value[i] != fallback[i] && !key.required();
    const Row parts = is_list(key.type) ? parts_of(value[i]) : Row{value[i]};
    rows.push_back({name[i], parts[0], differs ? fmt::format("default: {}", fallback[i]) : ""});
    for (std::size_t part = 1; part < parts.size(); ++part) rows.push_back({"", parts[part]});
  }
  return aligned(rows, 2);
}

std::string title(Section section) { return "\n" + header(info(section)) + "\n"; }

std::string routes(const Config& config) {
  std::vector<Row> rows = {names(Route{})};
  rows.front().emplace_back("pool");
  for (const Route& route : config.routes) {
    rows.push_back(cells(Section::route, route));
    rows.back().push_back(config.pools[route.pool].name);
  }
  return title(Section::route) + aligned(rows, 2);
}

/// Nothing for a pool that goes by sids alone.
std::string affinity_text(const Affinity& affinity, const Affinity& defaults) {
  if (affinity.ids.empty() && affinity.cookie.empty()) return {};
  return title(Section::affinity) + fields(Section::affinity, affinity, defaults);
}

std::string pool_text(const Pool& pool) {
  const Pool defaults = default_pool();
  std::vector<Row> rows = {names(Backend{})};
  for (const Backend& backend : pool.backends) rows.push_back(cells(Section::backend, backend));
  return title(Section::pool) + fields(Section::pool, pool, defaults) +
         fmt::format("  backends ({})\n", pool.backends.size()) + aligned(rows, 4) +
         title(Section::health) + fields(Section::health, pool.health, defaults.health) +
         title(Section::busy) +
         fields(Section::busy, pool.thresholds.busy, defaults.thresholds.busy) +
         title(Section::full) +
         fields(Section::full, pool.thresholds.full, defaults.thresholds.full) +
         title(Section::admission) +
         fields(Section::admission, pool.admission, defaults.admission) +
         title(Section::slow_consumer) +
         fields(Section::slow_consumer, pool.slow_consumer, defaults.slow_consumer) +
         title(Section::event_rate) +
         fields(Section::event_rate, pool.event_rate, defaults.event_rate) +
         affinity_text(pool.affinity, defaults.affinity);
}

std::string notes(const Config& config) {
  std::string text;
  for (std::size_t i = 0; i < config.pools.size(); ++i) {
    if (reaches_socketio(config, i)) continue;
    text += fmt::format(
        "\nnote: no route brings requests for {} to pool \"{}\", so none of its sessions is "
        "pinned; set its "
        "socketio_path to where its socket.io is, or to \"\" when it has none\n",
        config.pools[i].socketio_path, config.pools[i].name);
  }
  return text;
}

}  // namespace

std::string summary(const Config& config) {
  const Config defaults = default_config();
  std::string text = title(Section::proxy) + fields(Section::proxy, config.proxy, defaults.proxy);
  text += routes(config);
  for (const Pool& pool : config.pools) text += pool_text(pool);
  text += title(Section::timeouts) +
          fields(Section::timeouts, config.proxy.timeouts, defaults.proxy.timeouts);
  text +=
      title(Section::limits) + fields(Section::limits, config.proxy.limits, defaults.proxy.limits);
  text += title(Section::overload) +
          fields(Section::overload, config.proxy.overload, defaults.proxy.overload);
  text += title(Section::admin) + fields(Section::admin, config.admin, defaults.admin);
  text += title(Section::log) + fields(Section::log, config.log, defaults.log);
  return text + notes(config);
}

}  // namespace pinion::config
