#include "config/presets.h"

#include <doctest/doctest.h>

#include <string>

#include "config/key_text.h"
#include "config/man_page.h"
#include "config/preset_text.h"
#include "config/reference.h"
#include "sample.h"

namespace pinion::config {
namespace {

/// A file whose pool has these lines between its own.
std::string pool_around(const std::string& lines, const std::string& below = {}) {
  return "[[pool]]\nname = \"chat\"\n" + lines +
         "backends = [\"127.0.0.1:8001\", \"127.0.0.1:8002\"]\n" + below +
         "[[route]]\npool = \"chat\"\n";
}

std::string preset_line(Preset preset) {
  return "preset = \"" + std::string(preset_name(preset)) + "\"\n";
}

Pool chainlit_with(const std::string& lines, const std::string& below = {}) {
  return sample::sound(pool_around("preset = \"chainlit\"\n" + lines, below)).pools[0];
}

}  // namespace

TEST_CASE("each preset has a name, and what it sets are keys of pools") {
  CHECK(presets().size() + 1 == find_key(Section::pool, "preset")->choices.size());
  CHECK(preset_name(Preset::none).empty());
  CHECK(preset_named("unknown") == Preset::none);
  CHECK(preset_keys(Preset::none).empty());
  for (const Preset preset : presets()) {
    CHECK(preset_named(preset_name(preset)) == preset);
    REQUIRE_FALSE(preset_keys(preset).empty());
    for (const PresetKey& row : preset_keys(preset)) {
      const Key* const key = find_key(row.section, row.key);
      REQUIRE(key != nullptr);
      CAPTURE(key_path(key->section, key->name));
      CHECK(info(row.section).path.starts_with("pool"));
      CHECK(find_preset_key(preset, *key) == &row);
      CHECK((row.values.size() == 1 || is_list(key->type)));
    }
  }
}

TEST_CASE("what is printed for a preset does the same in its place, whatever stands behind it") {
  for (const Preset preset : presets()) {
    Config by_name = sample::sound(pool_around(preset_line(preset)));
    CHECK(by_name.pools[0].preset == preset);
    by_name.pools[0].preset = Preset::none;
    CHECK(sample::sound(pool_around(preset_config(preset))) == by_name);
    CHECK(sample::sound(pool_around(preset_settings(preset, "  "))) == by_name);
    CHECK_FALSE(sample::sound(pool_around("")) == by_name);
  }
}

TEST_CASE("what a preset sets is told with it, in the reference and in the man page") {
  for (const Preset preset : presets()) {
    CHECK(reference_config().find("stands for:\n" + preset_settings(preset, "#   ")) !=
          std::string::npos);
    CHECK(man_page().find("```\n" + preset_settings(preset, "") + "```\n") != std::string::npos);
    for (const PresetKey& row : preset_keys(preset)) {
      const std::string help = std::string(find_key(row.section, row.key)->help) + " ";
      CHECK(preset_config(preset).find("# " + help.substr(0, help.find(". ")) + ".\n") !=
            std::string::npos);
    }
  }
}

TEST_CASE("chainlit") {
  const Pool pool = chainlit_with("");
  CHECK(pool.preset == Preset::chainlit);
  CHECK(pool.socketio_path == "/ws/socket.io/");
  const std::vector<IdPlace> ids = {
      {IdSource::connect, "sessionId"},   {IdSource::query, "session_id"},
      {IdSource::header, "x-session-id"}, {IdSource::json, "sessionId"},
      {IdSource::json, "session_id"},     {IdSource::cookie, "X-Chainlit-Session-id"}};
  CHECK(pool.affinity.ids == ids);
  CHECK(pool.affinity.json_paths == std::vector<std::string>{"/project/action", "/project/element",
                                                             "/mcp", "/feedback",
                                                             "/set-session-cookie"});
  CHECK(pool.affinity.keep == std::chrono::hours{1});
  CHECK(pool.affinity.connect_wait == std::chrono::seconds{2});
  CHECK(pool.affinity.move_wait == std::chrono::seconds{19});
  CHECK(pool.affinity.cookie.empty());
}

TEST_CASE("what the file says counts, wherever it stands") {
  const std::string path = "socketio_path = \"/chat/ws/socket.io/\"\n";
  CHECK(chainlit_with(path).socketio_path == "/chat/ws/socket.io/");
  CHECK(sample::sound(pool_around(path + "preset = \"chainlit\"\n")).pools[0].socketio_path ==
        "/chat/ws/socket.io/");
  CHECK(chainlit_with("socketio_path = \"/socket.io/\"\n").socketio_path == "/socket.io/");
  const Pool kept = chainlit_with("", "[pool.affinity]\nkeep = \"2h\"\ncookie = \"pinion\"\n");
  CHECK(kept.affinity.keep == std::chrono::hours{2});
  CHECK(kept.affinity.cookie == "pinion");
  CHECK(kept.affinity.ids == chainlit_with("").affinity.ids);
}

TEST_CASE("paths of a preset are not missed, nor in the way, where the file has ids of its own") {
  const Pool pool = chainlit_with("", "[pool.affinity]\nids = [\"query:id\"]\n");
  CHECK(pool.affinity.ids.size() == 1);
  CHECK(pool.affinity.json_paths.empty());
  CHECK(chainlit_with("affinity.ids = [\"json:id\"]\n").affinity.json_paths.size() == 5);
  CHECK(chainlit_with("affinity.ids = []\n").affinity.json_paths.empty());
}

TEST_CASE("other pools have nothing of a preset") {
  const Config config = sample::sound(
      "[[pool]]\nname = \"a\"\nbackends = [\"h:1\"]\n[[route]]\nhost = \"a\"\npool = \"a\"\n" +
      pool_around("preset = \"chainlit\"\n"));
  CHECK(config.pools[0].socketio_path == "/socket.io/");
  CHECK(config.pools[0].affinity.ids.empty());
}

TEST_CASE("a preset that is unknown is one error, with the nearest name") {
  const auto errors = sample::errors_of(pool_around("preset = \"chainlitt\"\n"));
  REQUIRE(errors.size() == 1);
  CHECK(errors[0] ==
        "3:10: error: [pool].preset: \"chainlitt\" is unknown (did you mean \"chainlit\"?), "
        "allowed: \"chainlit\", or \"\" (none)");
}

TEST_CASE("a preset's socketio_path that no route brings to its pool is an error at the preset") {
  CHECK(sample::error_of("[[pool]]\nname = \"chat\"\npreset = \"chainlit\"\n"
                         "backends = [\"h:1\"]\n[[route]]\npath = \"/chat/\"\npool = \"chat\"\n") ==
        "3:10: error: [pool].socketio_path: no [[route]] brings requests for /ws/socket.io/ to "
        "pool \"chat\", so no session could be pinned; write the path with the route's own path in "
        "front");
}

}  // namespace pinion::config
