#include "config/presets.h"

#include <algorithm>
#include <cstddef>

namespace pinion::config {
namespace {

constexpr Preset kAllPresets[] = {Preset::chainlit};

constexpr std::string_view kChainlitPath[] = {"/ws/socket.io/"};
constexpr std::string_view kChainlitIds[] = {"connect:sessionId",   "query:session_id",
                                             "header:x-session-id", "json:sessionId",
                                             "json:session_id",     "cookie:X-Chainlit-Session-id"};
constexpr std::string_view kChainlitJsonPaths[] = {"/project/action", "/project/element", "/mcp",
                                                   "/feedback", "/set-session-cookie"};
// As long as Chainlit itself keeps a session that has lost its client, at most.
constexpr std::string_view kChainlitKeep[] = {"1h"};

// A POST that brings a CONNECT may need a connection of its own, whose SYN is sent again after a
// second.
constexpr std::string_view kChainlitConnectWait[] = {"2s"};

// A handler that does not await blocks its process for as long as a model answers. Whoever is cut
// off meanwhile can wait for it while its first ping comes in time: 20 s from the handshake on, of
// the 45 s that Chainlit's clients wait for one.
constexpr std::string_view kChainlitMoveWait[] = {"19s"};

// The keys of one preset stand together.
constexpr PresetKey kPresetKeys[] = {
    {Preset::chainlit, Section::pool, "socketio_path", kChainlitPath},
    {Preset::chainlit, Section::affinity, "ids", kChainlitIds},
    {Preset::chainlit, Section::affinity, "json_paths", kChainlitJsonPaths},
    {Preset::chainlit, Section::affinity, "keep", kChainlitKeep},
    {Preset::chainlit, Section::affinity, "connect_wait", kChainlitConnectWait},
    {Preset::chainlit, Section::affinity, "move_wait", kChainlitMoveWait},
};

std::span<const std::string_view> preset_names() {
  return find_key(Section::pool, "preset")->choices;
}

}  // namespace

std::span<const Preset> presets() { return kAllPresets; }

std::string_view preset_name(Preset preset) {
  return preset_names()[static_cast<std::size_t>(preset)];
}

Preset preset_named(std::string_view name) {
  const auto names = preset_names();
  const auto found = std::ranges::find(names, name);
  return found == names.end() ? Preset::none : static_cast<Preset>(found - names.begin());
}

std::span<const PresetKey> preset_keys(Preset preset) {
  const auto belongs = [&](const PresetKey& row) { return row.preset == preset; };
  const auto* const first = std::find_if(std::begin(kPresetKeys), std::end(kPresetKeys), belongs);
  return {first, std::find_if_not(first, std::end(kPresetKeys), belongs)};
}

const PresetKey* find_preset_key(Preset preset, const Key& key) {
  const auto* const found = std::ranges::find_if(kPresetKeys, [&](const PresetKey& row) {
    return row.preset == preset && row.section == key.section && row.key == key.name;
  });
  return found == std::end(kPresetKeys) ? nullptr : found;
}

}  // namespace pinion::config
