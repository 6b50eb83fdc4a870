#include "config/check_affinity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "config/id_place.h"
#include "config/key_file.h"
#include "config/key_text.h"

namespace pinion::config {
namespace {

void check_ids(const Pool& pool, const AffinityDraft& draft, ErrorList& errors) {
  const auto& ids = pool.affinity.ids;
  const auto key = key_path(Section::affinity, "ids");
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (std::find(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(i), ids[i]) !=
        ids.begin() + static_cast<std::ptrdiff_t>(i)) {
      errors.add(draft.ids[i], key,
                 fmt::format("\"{}\" is there twice, each place is named once", to_text(ids[i])));
    }
    if (ids[i].source == IdSource::connect && pool.socketio_path.empty()) {
      errors.add(draft.ids[i], key,
                 fmt::format("\"{}\" is read from socket.io sessions, and the pool has none: set "
                             "its socketio_path, or remove this id",
                             to_text(ids[i])));
    }
  }
}

void check_json(const Affinity& affinity, const AffinityDraft& draft, ErrorList& errors) {
  const auto json = std::ranges::find(affinity.ids, IdSource::json, &IdPlace::source);
  if (json == affinity.ids.end()) {
    if (affinity.json_paths.empty()) return;
    return errors.add(draft.json_paths, key_path(Section::affinity, "json_paths"),
                      "no body would be read, since ids has no \"json:FIELD\": add one, or remove "
                      "json_paths");
  }
  if (!affinity.json_paths.empty()) return;
  errors.add(draft.ids[static_cast<std::size_t>(json - affinity.ids.begin())],
             key_path(Section::affinity, "ids"),
             fmt::format("\"{}\" would never be found, since json_paths is empty: add the ends of "
                         "the paths whose requests have it in their bodies, such as json_paths = "
                         "[\"/login\"]",
                         to_text(*json)));
}

void check_cookie(Affinity& affinity, const AffinityDraft& draft, ErrorList& errors) {
  const IdPlace own{.source = IdSource::cookie, .name = affinity.cookie};
  if (!own.name.empty() && std::ranges::find(affinity.ids, own) != affinity.ids.end()) {
    errors.add(draft.cookie, key_path(Section::affinity, "cookie"),
               fmt::format("\"{}\" is a cookie of the application's, as \"{}\" in ids says: "
                           "pinion's own needs another name",
                           own.name, to_text(own)));
  }
  if (affinity.cookie_key_file.empty()) return;
  auto key = read_key_file(affinity.cookie_key_file);
  if (key) {
    affinity.cookie_key = std::move(*key);
  } else {
    errors.add(draft.cookie_key_file, key_path(Section::affinity, "cookie_key_file"),
               fmt::format("{} {}", in_quotes(affinity.cookie_key_file), key.error()));
  }
}

}  // namespace

void check_affinity(Pool& pool, const AffinityDraft& draft, ErrorList& errors) {
  if (draft.lists_understood) {
    check_ids(pool, draft, errors);
    check_json(pool.affinity, draft, errors);
  }
  check_cookie(pool.affinity, draft, errors);
}

}  // namespace pinion::config
