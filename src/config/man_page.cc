#include "config/man_page.h"

#include <fmt/format.h>

#include <string_view>

#include "config/key_table.h"
#include "config/key_text.h"
#include "config/preset_text.h"
#include "config/presets.h"

namespace pinion::config {
namespace {

constexpr std::string_view kBegin = R"scd(pinion.toml(5)

# NAME

pinion.toml - configuration of the load balancer pinion(8)

# DESCRIPTION

pinion reads one file in TOML, by default _/etc/pinion/pinion.toml_. It starts only with a file
that is right in all its parts: an unknown section or key is an error, and so is a value out of its
bounds, a name that is there twice, or a route that no request can reach. All errors of a file are
shown at once, each with its line and column. *pinion check* shows them without starting anything.

The shortest useful file:

```
[[pool]]
name = "chat"
backends = ["127.0.0.1:3001", "127.0.0.1:3002"]

[[route]]
pool = "chat"
```

# VALUES

*Durations*
	A whole number and one of the units ms, s, m, h, in quotes: "250ms", "10s", "5m", "1h".

*Sizes*
	A whole number and one of the units B, KiB, MiB, GiB, TiB, in quotes: "64KiB", "1MiB".

*Addresses*
	"127.0.0.1:3001", "\[::1]:3001" or "unix:/run/app.sock". A backend's may have a host name in
	place of the IP address, all of whose addresses are backends then. A listener's needs an IP
	address or a unix socket.

*Sections*
	Those in double brackets may be there several times: a _\[\[pool]]_ for each pool, and below it a
	_\[\[pool.backend]]_ for each backend with settings of its own.
)scd";

constexpr std::string_view kPresetsBegin = R"scd(
# PRESETS

What the keys of a pool with a _preset_ are where the file does not say. Keys with dots are those of
sections: _affinity.ids_ is _ids_ in \[pool.affinity].
)scd";

constexpr std::string_view kEnd = R"scd(
# FILES

_/etc/pinion/pinion.toml_
	What *pinion run* reads without *-c*.

# EXAMPLES

Two applications behind one address, told apart by their paths:

```
[proxy]
listen = ["0.0.0.0:80", "[::]:80"]
trusted_proxies = ["10.0.0.0/8"]

[[pool]]
name = "chat"
socketio_path = "/chat/ws/socket.io/"
backends = ["10.0.0.11:8000", "10.0.0.12:8000"]

[[pool]]
name = "web"
socketio_path = ""

[[pool.backend]]
address = "10.0.0.21:8080"
weight = 2

[[pool.backend]]
address = "10.0.0.22:8080"

[[route]]
path = "/chat/"
pool = "chat"

[[route]]
pool = "web"
```

# SEE ALSO

*pinion*(8), *pinion-chainlit*(7)
)scd";

/// Text that scdoc prints as it is.
std::string literal(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (std::string_view("\\*_[+").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

std::string key_entry(const Key& key) {
  std::string text = fmt::format("*{}*\n", literal(key.name));
  text += fmt::format("\t{}\n\n", literal(help_text(key)));
  text += fmt::format("\tAllowed: {}. ", literal(allowed(key)));
  const auto fallback = literal(toml_value(key, key.fallback));
  text += key.required() ? "Required.\n" : fmt::format("Default: {}.\n", fallback);
  return text;
}

}  // namespace

std::string man_page() {
  std::string text(kBegin);
  for (const SectionInfo& section : sections()) {
    text += fmt::format("\n# SECTION {}\n\n{}\n", header(section), literal(section.help));
    for (const Key& key : keys_of(section.id)) text += "\n" + key_entry(key);
  }
  text += kPresetsBegin;
  for (const Preset preset : presets())
    text += fmt::format("\n*{}*\n\n```\n{}```\n", preset_name(preset), preset_settings(preset, ""));
  return text.append(kEnd);
}

}  // namespace pinion::config
