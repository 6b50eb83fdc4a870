// From the tables of a file to a Config, value by value, with the places that later checks need.
//
// Threads: belongs to one load.
// Invariants: what could not be read is left empty in the config (a name, an address) and is in the
// error list; the draft's lists run parallel to the config's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/document.h"
#include "config/error.h"

namespace pinion::config {

struct BackendDraft {
  Position name, address;
  std::string name_key, address_key;  // as messages name them: short and long form differ
};

struct AffinityDraft {
  std::vector<Position> ids;
  Position json_paths, cookie, cookie_key_file;
  bool lists_understood = true;  // every entry of both
};

struct HealthDraft {
  Position kind, path, expect;
  bool auto_is_known = true;  // what decides which kind of probes `auto` is was understood
};

struct ThresholdsDraft {
  std::vector<Position> busy;  // of its limits, in the order of fields.h
};

struct PoolDraft {
  Position at;
  Position name;
  std::optional<Position> socketio_path;  // only when the file sets it, or a preset
  HealthDraft health;
  ThresholdsDraft thresholds;
  AffinityDraft affinity;
  std::vector<BackendDraft> backends;  // both forms, in the config's order
  bool understood = true;              // nothing in its tables was unknown
};

struct RouteDraft {
  Position at;
  Position pool;
  std::string pool_name;
};

struct Draft {
  Config config;
  std::vector<Position> listen;
  Position admin_listen, token_file;
  Position url, buffered_total;  // where limits that depend on another one are set
  std::vector<PoolDraft> pools;
  std::vector<RouteDraft> routes;
  bool pools_understood = true;   // false: some [[pool]] may be hidden behind another error
  bool routes_understood = true;  // likewise
};

/// Reads every section of the file. Errors of single values and unknown names go to `errors`.
Draft assemble(const Node& file, ErrorList& errors);

/// What a file that says nothing about them gives to [proxy], [admin] and [log]: no pool, no route,
/// `workers` not yet resolved.
Config default_config();
/// A pool and a backend with nothing but defaults, and no name.
Pool default_pool();
Backend default_backend();

}  // namespace pinion::config
