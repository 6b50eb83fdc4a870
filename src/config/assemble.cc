#include "config/assemble.h"

#include <cstddef>
#include <utility>

#include "base/check.h"
#include "config/fields.h"
#include "config/key_text.h"
#include "config/presets.h"
#include "config/section_reader.h"

namespace pinion::config {
namespace {

template <class Struct>
void read_fields(SectionReader& reader, Struct& into) {
  each_field(into, [&](std::string_view key, auto& member) { reader.read(key, member); });
}

/// A section of plain values and nothing else.
template <class Struct>
void read_section(Section section, SectionReader& parent, Struct& into) {
  SectionReader reader = parent.below(section);
  read_fields(reader, into);
  reader.finish();
}

void read_thresholds(SectionReader& pool, Thresholds& thresholds, ThresholdsDraft& draft) {
  SectionReader reader = pool.below(Section::thresholds);
  SectionReader busy = reader.below(Section::busy);
  read_fields(busy, thresholds.busy);
  each_field(thresholds.busy,
             [&](std::string_view key, auto&) { draft.busy.push_back(busy.where(key)); });
  busy.finish();
  read_section(Section::full, reader, thresholds.full);
  reader.finish();
}

void read_limits(SectionReader& proxy, Draft& draft) {
  SectionReader reader = proxy.below(Section::limits);
  read_fields(reader, draft.config.proxy.limits);
  draft.url = reader.where(reader.written("url") ? "url" : "head");
  draft.buffered_total =
      reader.where(reader.written("buffered_total") ? "buffered_total" : "buffered_per_session");
  reader.finish();
}

void read_proxy(SectionReader& file, Draft& draft) {
  SectionReader reader = file.below(Section::proxy);
  auto& proxy = draft.config.proxy;
  read_fields(reader, proxy);
  draft.listen = reader.places("listen", proxy.listen.size());
  read_section(Section::timeouts, reader, proxy.timeouts);
  read_limits(reader, draft);
  read_section(Section::overload, reader, proxy.overload);
  reader.finish();
}

void read_admin(SectionReader& file, Draft& draft) {
  SectionReader reader = file.below(Section::admin);
  read_fields(reader, draft.config.admin);
  draft.admin_listen = reader.where("listen");
  draft.token_file = reader.where("token_file");
  reader.finish();
}

/// The backends of both forms: first the short ones, then the tables.
bool read_backends(SectionReader& reader, Pool& pool, PoolDraft& draft, ErrorList& errors) {
  std::vector<Address> addresses;
  reader.read("backends", addresses);
  const std::string short_form = key_path(Section::pool, "backends");
  for (const Position at : reader.places("backends", addresses.size())) {
    draft.backends.push_back({at, at, short_form, short_form});
  }
  for (Address& address : addresses) {
    Backend backend = default_backend();
    backend.name = address.text;
    backend.address = std::move(address);
    pool.backends.push_back(std::move(backend));
  }
  const auto tables = reader.tables(Section::backend);
  bool understood = tables.has_value();
  for (const Node* const each : tables.value_or(std::vector<const Node*>{})) {
    SectionReader backend_reader(Section::backend, each, errors);
    Backend backend;
    read_fields(backend_reader, backend);
    understood = backend_reader.finish() && understood;
    if (backend.name.empty()) backend.name = backend.address.text;
    draft.backends.push_back(
        {backend_reader.where(backend_reader.written("name") ? "name" : "address"),
         backend_reader.where("address"), key_path(Section::backend, "name"),
         key_path(Section::backend, "address")});
    pool.backends.push_back(std::move(backend));
  }
  return understood;
}

void read_health(SectionReader& pool, Health& health, HealthDraft& draft, ErrorList& errors) {
  const std::size_t errors_before = errors.size();
  SectionReader reader = pool.below(Section::health);
  read_fields(reader, health);
  draft.kind = reader.where("kind");
  draft.path = reader.where("path");
  draft.expect = reader.where("expect");
  draft.auto_is_known = draft.auto_is_known && errors.size() == errors_before;
  reader.finish();
}

void read_affinity(SectionReader& pool, Affinity& affinity, AffinityDraft& draft,
                   ErrorList& errors) {
  SectionReader reader = pool.below(Section::affinity);
  each_field(affinity, [&](std::string_view key, auto& member) {
    const std::size_t errors_before = errors.size();
    reader.read(key, member);
    if (is_list(find_key(Section::affinity, key)->type) && errors.size() != errors_before)
      draft.lists_understood = false;
  });
  draft.ids = reader.places("ids", affinity.ids.size());
  draft.json_paths = reader.where("json_paths");
  draft.cookie = reader.where("cookie");
  draft.cookie_key_file = reader.where("cookie_key_file");
  // A preset's paths are for its own ids, of which the file may have left none.
  if (!reader.written("json_paths") && !affinity.reads(IdSource::json)) affinity.json_paths.clear();
  reader.finish();
}

/// Everything below [[pool]] but its backends.
void read_pool_sections(SectionReader& reader, Pool& pool, PoolDraft& draft, ErrorList& errors) {
  read_health(reader, pool.health, draft.health, errors);
  read_section(Section::slow_consumer, reader, pool.slow_consumer);
  read_section(Section::event_rate, reader, pool.event_rate);
  read_thresholds(reader, pool.thresholds, draft.thresholds);
  read_section(Section::admission, reader, pool.admission);
  read_affinity(reader, pool.affinity, draft.affinity, errors);
}

/// Before anything else of a pool is read. What is wrong with it is told when its turn comes.
Preset preset_of(const Node& pool) {
  for (const Entry& entry : std::get<Node::Table>(pool.value)) {
    const auto* const name = std::get_if<std::string>(&entry.value.value);
    if (entry.key == "preset" && name != nullptr) return preset_named(*name);
  }
  return Preset::none;
}

void read_pool(const Node& table, Draft& draft, ErrorList& errors) {
  const Preset preset = preset_of(table);
  SectionReader reader(Section::pool, &table, errors, preset);
  Pool pool;
  PoolDraft places_of_pool;
  const std::size_t errors_before = errors.size();
  read_fields(reader, pool);
  places_of_pool.health.auto_is_known = errors.size() == errors_before;
  places_of_pool.at = table.at;
  places_of_pool.name = reader.where("name");
  if (reader.written("socketio_path")) {
    places_of_pool.socketio_path = reader.where("socketio_path");
  } else if (find_preset_key(preset, *find_key(Section::pool, "socketio_path")) != nullptr) {
    places_of_pool.socketio_path = reader.where("preset");
  }
  read_pool_sections(reader, pool, places_of_pool, errors);
  const bool backends_understood = read_backends(reader, pool, places_of_pool, errors);
  places_of_pool.understood = reader.finish() && backends_understood;
  draft.config.pools.push_back(std::move(pool));
  draft.pools.push_back(std::move(places_of_pool));
}

void read_route(const Node& table, Draft& draft, ErrorList& errors) {
  SectionReader reader(Section::route, &table, errors);
  Route route;
  RouteDraft places_of_route;
  read_fields(reader, route);
  reader.read("pool", places_of_route.pool_name);
  places_of_route.at = table.at;
  places_of_route.pool = reader.where("pool");
  reader.finish();
  draft.config.routes.push_back(std::move(route));
  draft.routes.push_back(std::move(places_of_route));
}

}  // namespace

Draft assemble(const Node& file, ErrorList& errors) {
  SectionReader reader(Section::file, &file, errors);
  Draft draft;
  read_proxy(reader, draft);
  read_admin(reader, draft);
  read_section(Section::log, reader, draft.config.log);
  const auto pools = reader.tables(Section::pool);
  const auto routes = reader.tables(Section::route);
  if (pools) {
    for (const Node* const each : *pools) read_pool(*each, draft, errors);
  }
  if (routes) {
    for (const Node* const each : *routes) read_route(*each, draft, errors);
  }
  const bool all_known = reader.finish();
  draft.pools_understood = all_known && pools.has_value();
  draft.routes_understood = all_known && routes.has_value();
  return draft;
}

Config default_config() {
  ErrorList errors("");
  auto draft = assemble(Node{.value = Node::Table{}}, errors);
  PINION_CHECK(errors.empty(), "the defaults of the table of keys are within its bounds");
  return std::move(draft.config);
}

Pool default_pool() {
  Pool pool;
  PoolDraft no_places;
  ErrorList errors("");
  SectionReader reader(Section::pool, nullptr, errors);
  read_fields(reader, pool);
  read_pool_sections(reader, pool, no_places, errors);
  return pool;
}

Backend default_backend() {
  Backend backend;
  ErrorList errors("");
  SectionReader reader(Section::backend, nullptr, errors);
  read_fields(reader, backend);
  return backend;
}

}  // namespace pinion::config
