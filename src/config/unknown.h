// What to say about a name in the file that pinion does not know.
// Threads: pure functions.
#pragma once

#include <string>

#include "config/document.h"
#include "config/key_table.h"

namespace pinion::config {

/// How messages name the entry: "[proxy].x" for a key, "[proxy.x]" or "[[x]]" for a section.
std::string unknown_path(Section parent, const Entry& entry);

/// The nearest known name, or where the name is at home, or all names that are known in its place.
std::string unknown_message(Section parent, const Entry& entry);

/// For a name that is a section's, but with something else behind it.
std::string misplaced_message(const SectionInfo& section, const Entry& entry);

}  // namespace pinion::config
