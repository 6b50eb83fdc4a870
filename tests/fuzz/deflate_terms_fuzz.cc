// What servers say of permessage-deflate: what is understood of it is within its bounds, is
// understood again when it is written anew, and whoever takes the whole of an offer can stand in.
#include <string>

#include "bytes.h"
#include "websocket/deflate_terms.h"

namespace pinion::fuzz {
namespace {

using websocket::DeflateTerms;

std::string written(const DeflateTerms& terms) {
  if (!terms.agreed) return {};
  std::string text = "permessage-deflate";
  if (terms.server_no_context_takeover) text += ";server_no_context_takeover";
  if (terms.client_no_context_takeover) text += ";client_no_context_takeover";
  text += ";server_max_window_bits=" + std::to_string(terms.server_max_window_bits);
  if (terms.client_bits_told)
    text += ";client_max_window_bits=\"" + std::to_string(terms.client_max_window_bits) + '"';
  return text;
}

void run(std::string_view input) {
  const auto terms = websocket::read_terms(input);
  if (!terms) return;
  PINION_CHECK(terms->server_max_window_bits >= 8 && terms->server_max_window_bits <= 15 &&
                   terms->client_max_window_bits >= 8 && terms->client_max_window_bits <= 15,
               "windows have their bounds");
  PINION_CHECK(terms->agreed || *terms == DeflateTerms{}, "nothing agreed, nothing said");
  PINION_CHECK(websocket::read_terms(written(*terms)) == terms, "terms say what they said");

  const auto other = websocket::read_terms(websocket::offer_to_stand_in(*terms));
  PINION_CHECK(other && websocket::can_stand_in(*terms, *other), "an offer is what is needed");
  PINION_CHECK(websocket::can_stand_in(*terms, *terms) ==
                   (!terms->agreed || terms->server_no_context_takeover),
               "the same again will do if it keeps no context");
}

}  // namespace
}  // namespace pinion::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pinion::fuzz::run(pinion::fuzz::as_text(data, size));
  return 0;
}
