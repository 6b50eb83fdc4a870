// All that a PinTable has, for tests that look at the whole of it.
//
// Threads: any.
#pragma once

#include <utility>
#include <vector>

#include "session/pin_table.h"

namespace pinion::test {

/// Copies, part by part.
inline std::vector<session::Session> all_sessions(const session::PinTable& table) {
  std::vector<session::Session> all;
  for (std::size_t part = 0; part < session::PinTable::kParts; ++part) {
    for (session::Session& session : table.list_part(part)) all.push_back(std::move(session));
  }
  return all;
}

}  // namespace pinion::test
