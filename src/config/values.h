// One value of the file against its row of the key table: the right kind, within bounds, well
// formed.
//
// Threads: pure functions.
// Errors say what is wrong, what is allowed, and where it can be told, what to write instead.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>

#include "config/config.h"
#include "config/document.h"
#include "config/key_table.h"

namespace pinion::config {

template <class T>
using Value = std::expected<T, std::string>;

/// Of an integer, a size (bytes) or a duration (milliseconds).
Value<std::uint64_t> number_value(const Key& key, const Node& node);

/// Of a choice: the index of the word.
Value<std::size_t> choice_value(const Key& key, const Node& node);

/// Of a name, host, path or file, made canonical: hosts in lower case, socketio_path with its
/// slashes.
Value<std::string> text_value(const Key& key, const Node& node);

/// Of an address, or of one entry of a list of addresses.
Value<Address> address_value(const Key& key, const Node& node);

/// Of one entry of a list of networks.
Value<Cidr> network_value(const Key& key, const Node& node);

/// The entries of a list, as many as are allowed.
Value<const Node::List*> list_value(const Key& key, const Node& node);

/// Of one entry of a list of places where ids stand, or of ends of paths.
Value<IdPlace> id_place_value(const Key& key, const Node& node);
Value<std::string> path_end_value(const Key& key, const Node& node);

/// The value that the key has when the file does not mention it: that of the preset, if it has one.
Node default_value(const Key& key, Preset preset = Preset::none);

}  // namespace pinion::config
