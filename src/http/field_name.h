// The names of fields that mean something to a proxy: each name of a head is looked up once, when
// it is read, and later only compared as a number.
//
// Threads: pure functions and values.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace pinion::http {

enum class FieldName : std::uint8_t {
  other,
  accept,
  accept_encoding,
  authorization,
  cache_control,
  connection,
  content_encoding,
  content_length,
  content_type,
  cookie,
  expect,
  forwarded,
  host,
  http2_settings,
  keep_alive,
  origin,
  proxy_connection,
  sec_websocket,  // any Sec-WebSocket-…
  set_cookie,
  te,
  trailer,
  transfer_encoding,
  upgrade,
  x_forwarded,  // any X-Forwarded-… but the following
  x_forwarded_for,
  x_forwarded_host,
  x_forwarded_proto,
  x_forwarded_variable,  // one of these, or X-Real-IP, spelt with `_`: the same as a variable
  x_real_ip,
};

/// Which of them a field has, whatever its case (RFC 9110, 5.1).
FieldName field_name(std::string_view name) noexcept;

class FieldNames {
 public:
  constexpr FieldNames() noexcept = default;
  constexpr FieldNames(std::initializer_list<FieldName> names) noexcept {
    for (const FieldName name : names) add(name);
  }
  constexpr void add(FieldName name) noexcept { bits_ |= bit(name); }
  constexpr void add(FieldNames names) noexcept { bits_ |= names.bits_; }
  [[nodiscard]] constexpr bool has(FieldName name) const noexcept {
    return (bits_ & bit(name)) != 0;
  }

 private:
  static constexpr std::uint32_t bit(FieldName name) noexcept {
    return std::uint32_t{1} << static_cast<unsigned>(name);
  }

  std::uint32_t bits_ = 0;
};

/// What proxies say of the client.
inline constexpr FieldNames kTellOfClient{
    FieldName::forwarded,        FieldName::x_forwarded,       FieldName::x_forwarded_for,
    FieldName::x_forwarded_host, FieldName::x_forwarded_proto, FieldName::x_forwarded_variable,
    FieldName::x_real_ip};

}  // namespace pinion::http
