#include "loadgen/text_template.h"

#include <array>
#include <optional>
#include <utility>

namespace pinion::loadgen {
namespace {

constexpr std::string_view kPad = "{pad}";

std::string with_padding(std::string_view text, std::size_t pad) {
  std::string padded;
  for (;;) {
    const auto at = text.find(kPad);
    padded.append(text.substr(0, at));
    if (at == std::string_view::npos) return padded;
    padded.append(pad, 'x');
    text.remove_prefix(at + kPad.size());
  }
}

}  // namespace

TextTemplate::TextTemplate(std::string_view text, std::size_t pad) {
  constexpr std::array<std::pair<std::string_view, Place>, 3> kPlaces{
      {{"{id}", Place::id}, {"{n}", Place::n}, {"{uuid}", Place::uuid}}};
  const std::string padded = with_padding(text, pad);
  std::string_view rest = padded;
  Piece piece;
  while (!rest.empty()) {
    std::optional<std::pair<std::string_view, Place>> here;
    for (const auto& known : kPlaces) {
      if (rest.starts_with(known.first)) here = known;
    }
    if (!here) {
      const std::size_t stretch = std::min(rest.find('{', 1), rest.size());
      piece.before.append(rest.substr(0, stretch));
      rest.remove_prefix(stretch);
      continue;
    }
    piece.place = here->second;
    pieces_.push_back(std::exchange(piece, {}));
    rest.remove_prefix(here->first.size());
  }
  pieces_.push_back(std::move(piece));
}

void TextTemplate::append_to(std::string& out, const Values& values) const {
  for (const Piece& piece : pieces_) {
    out.append(piece.before);
    switch (piece.place) {
      case Place::none:
        break;
      case Place::id:
        out.append(values.id);
        break;
      case Place::n:
        out.append(std::to_string(values.n));
        break;
      case Place::uuid:
        out.append(values.random.uuid());
        break;
    }
  }
}

}  // namespace pinion::loadgen
