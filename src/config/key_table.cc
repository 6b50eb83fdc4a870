#include "config/key_table.h"

#include <algorithm>

#include "base/check.h"
#include "config/key_rows.h"

namespace pinion::config {
namespace {

constexpr SectionInfo kSections[] = {
    {Section::proxy, Section::file, "proxy", 1, "The proxy itself: where clients connect."},
    {Section::timeouts, Section::proxy, "proxy.timeouts", 1, "How long pinion waits for what."},
    {Section::limits, Section::proxy, "proxy.limits", 1,
     "How much pinion takes from one client, and holds for all of them."},
    {Section::overload, Section::proxy, "proxy.overload", 1,
     "What pinion gives up when it runs out of something itself: rungs of a ladder, in percent of "
     "whatever is used most: buffered_total, max_connections, or time (loop_lag). A rung is left "
     "after 2 s at or below 80 percent of its own, by connections 95. Above buffered_total the "
     "slowest readers are "
     "closed."},
    {Section::admin, Section::file, "admin", 1, "The endpoint for people, scripts and Prometheus."},
    {Section::log, Section::file, "log", 1, "What pinion writes down."},
    {Section::pool, Section::file, "pool", 256,
     "A named set of backends that serve the same application. At least one is needed."},
    {Section::health, Section::pool, "pool.health", 1,
     "How the backends of the pool above are probed: whether they answer, and how long their event "
     "loops let a request wait."},
    {Section::slow_consumer, Section::pool, "pool.slow_consumer", 1,
     "What becomes of clients of the pool above that do not read."},
    {Section::event_rate, Section::pool, "pool.event_rate", 1,
     "How much one client of the pool above may send. One that sends more is not read for a while: "
     "nothing is dropped, and nobody else waits. A POST waits for a fifth of the ping times at "
     "most, "
     "since it may bring a pong. A client that has more under way than may "
     "pass within its ping timeout answers pings too late for its backend."},
    {Section::thresholds, Section::pool, "pool.thresholds", 1,
     "From when on a backend of the pool above is busy or full. A level is entered at any of its "
     "limits, and left after 2 s at or below 80 percent of them."},
    {Section::busy, Section::thresholds, "pool.thresholds.busy", 1,
     "A backend that is busy gets new sessions only when no calm one has room for one now."},
    {Section::full, Section::thresholds, "pool.thresholds.full", 1,
     "A backend that is full gets no new sessions."},
    {Section::admission, Section::pool, "pool.admission", 1,
     "What a handshake of the pool above meets when no backend has room for its session."},
    {Section::affinity, Section::pool, "pool.affinity", 1,
     "Ids of the application's own by which sessions of the pool above are known, besides their "
     "sids: what shows one goes to the backend that has the id's session, or had it last."},
    {Section::backend, Section::pool, "pool.backend", 1000,
     "A backend of the pool above, with settings of its own."},
    {Section::route, Section::file, "route", 1000,
     "Which requests go to which pool. The first route that matches wins. At least one is needed."},
};

}  // namespace

bool is_list(Type type) {
  return type == Type::listen_addresses || type == Type::backend_addresses ||
         type == Type::networks || type == Type::id_places || type == Type::path_ends;
}

std::span<const SectionInfo> sections() { return kSections; }

const SectionInfo& info(Section section) {
  const auto* const found =
      std::find_if(std::begin(kSections), std::end(kSections),
                   [&](const SectionInfo& each) { return each.id == section; });
  PINION_CHECK(found != std::end(kSections), "every section but the top level is in the table");
  return *found;
}

std::vector<const SectionInfo*> children(Section section) {
  std::vector<const SectionInfo*> found;
  for (const SectionInfo& each : kSections) {
    if (each.parent == section) found.push_back(&each);
  }
  return found;
}

std::span<const Key> keys() {
  static const std::vector<Key> all = [] {
    std::vector<Key> rows;
    for (const auto part : {keys_of_proxy(), keys_of_pools()}) {
      rows.insert(rows.end(), part.begin(), part.end());
    }
    return rows;
  }();
  return all;
}

std::span<const Key> keys_of(Section section) {
  const auto all = keys();
  const auto belongs = [&](const Key& key) { return key.section == section; };
  const auto first = std::find_if(all.begin(), all.end(), belongs);
  const auto last = std::find_if_not(first, all.end(), belongs);
  return {first, last};
}

const Key* find_key(Section section, std::string_view name) {
  const auto candidates = keys_of(section);
  const auto found = std::find_if(candidates.begin(), candidates.end(),
                                  [&](const Key& key) { return key.name == name; });
  return found == candidates.end() ? nullptr : &*found;
}

}  // namespace pinion::config
