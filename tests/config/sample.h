// Sound config files for tests, in which single keys can be set to anything.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/error.h"
#include "config/key_table.h"
#include "config/load.h"

namespace pinion::config::sample {

/// A file with two pools and every kind of section. `value` is what stands behind `name = ` in
/// `section`; without a name the file has the values that it needs and no others.
std::string file_with(Section section = Section::file, std::string_view name = {},
                      std::string_view value = {});

/// A value in TOML that the key takes, other than its default and than that of file_with().
std::string other_value(const Key& key);

/// The smallest sound file: a pool "chat" with one backend and a route to it, and `more` behind.
std::string smallest(std::string_view more = {});

/// Loads a text that must be sound.
Config sound(std::string_view text);

/// The messages of a text that must have errors, one line each, without the file's name.
std::vector<std::string> errors_of(std::string_view text);

/// Checks that a text has this one error and no other.
void expect_one(std::string_view text, std::string_view error);

/// The first of them.
std::string error_of(std::string_view text);

/// A file of the source tree.
std::string source_file(std::string_view path);

}  // namespace pinion::config::sample
