#include "http/hop_by_hop.h"

#include "base/ascii.h"

namespace pinion::http {
namespace {

// Trailer goes because trailers do; HTTP2-Settings because h2c is never passed on.
constexpr FieldNames kHopByHop{FieldName::connection,       FieldName::keep_alive,
                               FieldName::proxy_connection, FieldName::te,
                               FieldName::trailer,          FieldName::upgrade,
                               FieldName::http2_settings,   FieldName::transfer_encoding};

constexpr FieldNames kEndToEnd = [] {
  FieldNames names{FieldName::host,          FieldName::content_length,   FieldName::content_type,
                   FieldName::cache_control, FieldName::content_encoding, FieldName::cookie,
                   FieldName::origin,        FieldName::authorization,    FieldName::set_cookie,
                   FieldName::expect,        FieldName::sec_websocket};
  names.add(kTellOfClient);
  return names;
}();

/// Whether a Connection value has an option that could be the name of a field.
bool names_a_field(std::string_view options) noexcept {
  while (const auto option = next_list_element(options)) {
    const bool plain =
        iequals(*option, "close") || iequals(*option, "keep-alive") || iequals(*option, "upgrade");
    if (!plain) return true;
  }
  return false;
}

}  // namespace

HopByHop::HopByHop(const Fields& fields) noexcept : fields_(fields) {
  if (!fields.has(FieldName::connection)) return;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Field field = fields[i];
    if (field.known == FieldName::connection && names_a_field(field.value)) names_fields_ = true;
  }
}

bool HopByHop::drops(const Field& field) const noexcept {
  if (kHopByHop.has(field.known)) return true;
  return names_fields_ && !kEndToEnd.has(field.known) && fields_.lists("Connection", field.name);
}

}  // namespace pinion::http
