#include "proxy/cookies.h"

#include "balance/backend.h"
#include "session/cookie_signer.h"

namespace pinion::proxy {

namespace {

std::string_view same_site_word(config::SameSite same_site) noexcept {
  switch (same_site) {
    case config::SameSite::strict:
      return "Strict";
    case config::SameSite::none:
      return "None";
    case config::SameSite::lax:
      break;
  }
  return "Lax";
}

}  // namespace

const std::string& Cookies::value_for(const config::Pool& pool, const balance::BackendSet& set,
                                      const balance::Backend& backend) {
  const std::string& key = pool.affinity.cookie_key.empty() ? made_key_ : pool.affinity.cookie_key;
  Made& made = values_[backend.id()];
  const bool with_address = set.shares_name(backend);
  if (made.key != key || made.with_address != with_address) {
    const session::CookieSigner signer(key);
    const balance::BackendIdentity& who = backend.identity();
    const std::string name = with_address ? who.name + '@' + who.address.to_string() : who.name;
    made = {.key = key, .value = signer.value_for(pool.name, name), .with_address = with_address};
  }
  return made.value;
}

balance::Backend* Cookies::backend_of(const config::Pool& pool, const balance::BackendSet& set,
                                      std::string_view value) {
  for (balance::Backend* const backend : set.backends) {
    if (session::CookieSigner::same(value_for(pool, set, *backend), value)) return backend;
  }
  return nullptr;
}

std::string Cookies::field(const config::Affinity& affinity, std::string_view value, bool https) {
  std::string text = affinity.cookie;
  text.append("=").append(value).append("; Path=/; HttpOnly; SameSite=");
  text.append(same_site_word(affinity.cookie_same_site));
  if (https) text.append("; Secure");
  return text;
}

}  // namespace pinion::proxy
