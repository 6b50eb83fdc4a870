// The one table of all sections and keys of the config file. The parser, its bounds and messages,
// the summary of `pinion check`, the reference file and the man page are all made from it.
//
// Threads: constant data and pure functions. The rows are in keys_of_*.cc.
// Invariants: keys of one section stand together, in the order people should read them; a default
// is within its key's own bounds (both are tested).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace pinion::config {

enum class Section : unsigned char {
  file,  // the top level, which has no keys of its own
  proxy,
  timeouts,
  limits,
  overload,
  admin,
  log,
  pool,
  health,
  slow_consumer,
  event_rate,
  thresholds,  // which has no keys of its own
  busy,
  full,
  admission,
  affinity,
  backend,
  route,
};

struct SectionInfo {
  Section id;
  Section parent;
  std::string_view path;  // "proxy.timeouts"
  std::size_t most;       // how many there may be; 1: written [path], else [[path]]
  std::string_view help;

  [[nodiscard]] bool repeated() const noexcept { return most > 1; }
  /// Its name within the parent: "timeouts".
  [[nodiscard]] std::string_view name() const noexcept { return path.substr(path.rfind('.') + 1); }
};

enum class Type : unsigned char {
  integer,
  size,           // in bytes
  duration,       // in milliseconds
  choice,         // one of a few words
  name,           // of a pool or a backend
  host,           // of a request
  url_path,       // begins with '/'
  socketio_path,  // made to begin and end with '/'
  file_path,
  cookie_name,
  listen_address,
  listen_addresses,
  backend_address,
  backend_addresses,
  networks,
  id_places,  // of the ids of an application
  path_ends,
};

/// Whether the values of this type are lists.
bool is_list(Type type);

struct Key {
  Section section;
  Type type;
  std::string_view name;
  /// As text without TOML's quotes; a list has at most one element then.
  std::string_view fallback;
  /// Numbers in the type's unit, bytes of a text, entries of a list. Both ends are allowed.
  std::uint64_t min = 0, max = 0;
  /// What 0 or "" does; where this is empty, 0 has no meaning of its own.
  std::string_view zero;
  /// The words of a choice, in the order of the enum that it fills.
  std::span<const std::string_view> choices;
  std::string_view help;
  /// Set for a key that has no default and must be there; what the reference file shows instead.
  std::string_view example;

  /// A change takes effect only when pinion is started again.
  bool restart = false;

  [[nodiscard]] bool required() const noexcept { return !example.empty(); }
};

/// All sections but the top level, parents before their children.
std::span<const SectionInfo> sections();
const SectionInfo& info(Section section);
/// The sections written directly inside of this one.
std::vector<const SectionInfo*> children(Section section);

/// All keys, section by section.
std::span<const Key> keys();
std::span<const Key> keys_of(Section section);
/// Null when the section has no such key.
const Key* find_key(Section section, std::string_view name);

}  // namespace pinion::config
