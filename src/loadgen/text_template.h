// A text with places for what differs from session to session and from message to message:
//   {id}    the session's own uuid     {n}    the number of the message in its session, from 1
//   {uuid}  a fresh uuid               {pad}  filling of a fixed size
// No valid JSON has any of them outside a string, so that they can stand in JSON.
//
// Threads: the loop's; immutable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "loadgen/random.h"

namespace pinion::loadgen {

class TextTemplate {
 public:
  struct Values {
    std::string_view id;
    std::uint64_t n = 0;
    Random& random;
  };

  /// @param pad bytes that {pad} stands for
  TextTemplate(std::string_view text, std::size_t pad);

  void append_to(std::string& out, const Values& values) const;

 private:
  enum class Place : unsigned char { none, id, n, uuid };
  struct Piece {
    std::string before;  // text, and what follows it
    Place place = Place::none;
  };

  std::vector<Piece> pieces_;
};

}  // namespace pinion::loadgen
