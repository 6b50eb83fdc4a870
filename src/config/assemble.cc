#include "config/assemble.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "config/fields.h"
#include "config/key_text.h"
#include "config/section_reader.h"

namespace pinion::config {
namespace {

template <class Struct>
void read_fields(SectionReader& reader, Struct& into) {
  each_field(into, [&](std::string_view key, auto& member) { reader.read(key, member); });
}

/// A section of plain values and nothing else.
template <class Struct>
void read_section(Section section, const Node* table, Struct& into, ErrorList& errors) {
  SectionReader reader(section, table, errors);
  read_fields(reader, into);
  reader.finish();
}

void read_thresholds(const Node* table, Thresholds& thresholds, ErrorList& errors) {
  SectionReader reader(Section::thresholds, table, errors);
  read_section(Section::busy, reader.table(Section::busy), thresholds.busy, errors);
  read_section(Section::full, reader.table(Section::full), thresholds.full, errors);
  reader.finish();
}

/// The places of a list's entries; of the key itself for one that is no list.
std::vector<Position> places(const SectionReader& reader, std::string_view key, const Node* table,
                             std::size_t count) {
  std::vector<Position> found(count, reader.where(key));
  if (table == nullptr || !reader.written(key)) return found;
  for (const Entry& entry : std::get<Node::Table>(table->value)) {
    if (entry.key != key) continue;
    const auto* const list = std::get_if<Node::List>(&entry.value.value);
    for (std::size_t i = 0; list != nullptr && i < std::min(count, list->size()); ++i) {
      found[i] = (*list)[i].at;
    }
  }
  return found;
}

void read_limits(const Node* table, Draft& draft, ErrorList& errors) {
  SectionReader reader(Section::limits, table, errors);
  auto& limits = draft.config.proxy.limits;
  read_fields(reader, limits);
  draft.url = reader.where(reader.written("url") ? "url" : "head");
  draft.buffered_total =
      reader.where(reader.written("buffered_total") ? "buffered_total" : "buffered_per_session");
  reader.finish();
}

void read_proxy(const Node* table, Draft& draft, ErrorList& errors) {
  SectionReader reader(Section::proxy, table, errors);
  auto& proxy = draft.config.proxy;
  read_fields(reader, proxy);
  draft.listen = places(reader, "listen", table, proxy.listen.size());
  read_section(Section::timeouts, reader.table(Section::timeouts), proxy.timeouts, errors);
  read_limits(reader.table(Section::limits), draft, errors);
  read_section(Section::overload, reader.table(Section::overload), proxy.overload, errors);
  reader.finish();
}

void read_admin(const Node* table, Draft& draft, ErrorList& errors) {
  SectionReader reader(Section::admin, table, errors);
  read_fields(reader, draft.config.admin);
  draft.admin_listen = reader.where("listen");
  draft.token_file = reader.where("token_file");
  reader.finish();
}

/// The backends of both forms: first the short ones, then the tables.
bool read_backends(SectionReader& reader, const Node* table, Pool& pool, PoolDraft& draft,
                   ErrorList& errors) {
  std::vector<Address> addresses;
  reader.read("backends", addresses);
  const std::string short_form = key_path(Section::pool, "backends");
  for (const Position at : places(reader, "backends", table, addresses.size())) {
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

void read_pool(const Node& table, Draft& draft, ErrorList& errors) {
  SectionReader reader(Section::pool, &table, errors);
  Pool pool;
  PoolDraft places_of_pool;
  read_fields(reader, pool);
  places_of_pool.at = table.at;
  places_of_pool.name = reader.where("name");
  if (reader.written("socketio_path")) places_of_pool.socketio_path = reader.where("socketio_path");
  SectionReader health(Section::health, reader.table(Section::health), errors);
  read_fields(health, pool.health);
  places_of_pool.health_kind = health.where("kind");
  health.finish();
  read_section(Section::slow_consumer, reader.table(Section::slow_consumer), pool.slow_consumer,
               errors);
  read_section(Section::event_rate, reader.table(Section::event_rate), pool.event_rate, errors);
  read_thresholds(reader.table(Section::thresholds), pool.thresholds, errors);
  read_section(Section::admission, reader.table(Section::admission), pool.admission, errors);
  const bool backends_understood = read_backends(reader, &table, pool, places_of_pool, errors);
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
  read_proxy(reader.table(Section::proxy), draft, errors);
  read_admin(reader.table(Section::admin), draft, errors);
  read_section(Section::log, reader.table(Section::log), draft.config.log, errors);
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
  ErrorList errors("");
  SectionReader reader(Section::pool, nullptr, errors);
  read_fields(reader, pool);
  read_section(Section::health, nullptr, pool.health, errors);
  read_section(Section::slow_consumer, nullptr, pool.slow_consumer, errors);
  read_section(Section::event_rate, nullptr, pool.event_rate, errors);
  read_thresholds(nullptr, pool.thresholds, errors);
  read_section(Section::admission, nullptr, pool.admission, errors);
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
