#include "websocket/deflate_terms.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace pinion::websocket {
namespace {

constexpr std::string_view kDeflate = "permessage-deflate";
constexpr std::string_view kServerNoContext = "server_no_context_takeover";
constexpr std::string_view kClientNoContext = "client_no_context_takeover";
constexpr std::string_view kServerBits = "server_max_window_bits";
constexpr std::string_view kClientBits = "client_max_window_bits";
constexpr int kFewestBits = 8;
constexpr int kMostBits = 15;

/// The next piece of `list` before `separator`, trimmed; removes both.
std::string_view take_piece(std::string_view& list, char separator) noexcept {
  const auto end = list.find(separator);
  const std::string_view piece = trim_ows(list.substr(0, end));
  list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
  return piece;
}

/// The value of a parameter without its quotes. Nothing that is valid here has a separator in it,
/// so that they may be looked for before quotes are.
std::optional<std::string> without_quoting(std::string_view value) {
  if (!value.starts_with('"')) return std::string(value);
  if (value.size() < 2 || !value.ends_with('"')) return std::nullopt;
  value = value.substr(1, value.size() - 2);
  std::string plain;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '"') return std::nullopt;
    if (value[i] == '\\') ++i;
    if (i == value.size()) return std::nullopt;
    plain.push_back(value[i]);
  }
  return plain;
}

std::optional<int> window_bits(std::string_view value) {
  const auto digits = without_quoting(value);
  if (!digits || digits->starts_with('0')) return std::nullopt;
  const auto bits = parse_decimal(*digits);
  if (!bits || *bits < kFewestBits || *bits > kMostBits) return std::nullopt;
  return static_cast<int>(*bits);
}

/// Takes one parameter. @returns whether it may stand in an answer
bool take_term(std::string_view parameter, DeflateTerms& terms) {
  const auto equals = parameter.find('=');
  const std::string_view name = trim_ows(parameter.substr(0, equals));
  if (equals == std::string_view::npos) {
    terms.server_no_context_takeover |= name == kServerNoContext;
    terms.client_no_context_takeover |= name == kClientNoContext;
    return name == kServerNoContext || name == kClientNoContext;
  }
  if (name != kServerBits && name != kClientBits) return false;
  const auto bits = window_bits(trim_ows(parameter.substr(equals + 1)));
  if (!bits) return false;
  (name == kServerBits ? terms.server_max_window_bits : terms.client_max_window_bits) = *bits;
  terms.client_bits_told |= name == kClientBits;
  return true;
}

}  // namespace

std::optional<DeflateTerms> read_terms(std::string_view extensions) {
  DeflateTerms terms;
  const auto extension = next_list_element(extensions);
  if (!extension) return terms;
  if (next_list_element(extensions)) return std::nullopt;
  std::string_view rest = *extension;
  if (take_piece(rest, ';') != kDeflate || extension->ends_with(';')) return std::nullopt;
  terms.agreed = true;
  std::array<std::string_view, 4> seen{};
  for (std::size_t count = 0; !rest.empty(); ++count) {
    const std::string_view parameter = take_piece(rest, ';');
    const std::string_view name = trim_ows(parameter.substr(0, parameter.find('=')));
    // There are as many names as there is room, so that another one repeats one of them.
    if (count == seen.size() || std::ranges::find(seen, name) != seen.end()) return std::nullopt;
    if (!take_term(parameter, terms)) return std::nullopt;
    seen[count] = name;
  }
  return terms;
}

std::string offer_to_stand_in(const DeflateTerms& present) {
  if (!present.agreed) return {};
  std::string offer(kDeflate);
  const auto add = [&offer](std::string_view name) -> std::string& {
    return offer.append("; ").append(name);
  };
  const auto add_bits = [&add](std::string_view name, int bits, bool always = false) {
    if (bits < kMostBits || always) add(name).append("=").append(std::to_string(bits));
  };
  add(kServerNoContext);
  if (present.client_no_context_takeover) add(kClientNoContext);
  add_bits(kServerBits, present.server_max_window_bits);
  // A server that was told to name them takes no offer without.
  add_bits(kClientBits, present.client_max_window_bits, present.client_bits_told);
  return offer;
}

bool can_stand_in(const DeflateTerms& present, const DeflateTerms& other) noexcept {
  if (present.agreed != other.agreed) return false;
  if (!present.agreed) return true;
  const bool client_resets = present.client_no_context_takeover;
  return other.server_no_context_takeover &&
         other.server_max_window_bits <= present.server_max_window_bits &&
         other.client_max_window_bits >= present.client_max_window_bits &&
         (client_resets || !other.client_no_context_takeover);
}

}  // namespace pinion::websocket
