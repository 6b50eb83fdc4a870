// Request and response heads as version-neutral values: an HTTP/1 parser makes them now, an HTTP/2
// framer may later. Order, case and repetition of fields are kept.
//
// Threads: values; a worker reuses one of each, so that parsing does not allocate in steady state.
// Invariants: views returned by Fields are good until its next change.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/field_name.h"

namespace pinion::http {

struct Field {
  std::string_view name, value;
  FieldName known = FieldName::other;
};

class Fields {
 public:
  void clear() noexcept;
  void add(std::string_view name, std::string_view value);
  /// Begins anew with a copy of a whole head. @returns the copy, of which take() names the parts
  std::string_view begin(std::string_view head);
  /// Adds a field that stands in that copy, without copying it again.
  void take(std::string_view name, std::string_view value);
  [[nodiscard]] std::size_t size() const noexcept { return spans_.size(); }
  /// Of all names and values, and of what stood between them.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_.size(); }
  [[nodiscard]] Field operator[](std::size_t index) const noexcept;
  /// Whether there is any field of that name.
  [[nodiscard]] bool has(FieldName name) const noexcept { return present_.has(name); }
  /// The value of the first field of that name (case-insensitive).
  [[nodiscard]] std::optional<std::string_view> find(FieldName name) const noexcept;
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;
  [[nodiscard]] std::size_t count(std::string_view name) const noexcept;
  /// Whether any field of that name lists the element (RFC 9110, 5.6.1), case-insensitively.
  [[nodiscard]] bool lists(std::string_view name, std::string_view element) const noexcept;

 private:
  struct Span {
    std::uint32_t name_at, name_size, value_at, value_size;
    FieldName known;
  };
  std::string bytes_;
  std::vector<Span> spans_;
  FieldNames present_;
};

/// How the body of a message is delimited (RFC 9112, 6.3).
struct Framing {
  enum class Kind : unsigned char { none, length, chunked, until_close };
  Kind kind = Kind::none;
  std::uint64_t length = 0;  // bytes, for Kind::length

  bool operator==(const Framing&) const = default;
};

struct RequestHead {
  std::string method;
  std::string target;     // origin-form (or "*"): an absolute-form has been reduced to it
  std::string host;       // the Host field's value, or the authority of an absolute-form
  int minor_version = 1;  // HTTP/1.minor, 0 or 1: what is higher is read as 1
  Fields fields;          // as they came, Host and hop-by-hop fields included
  Framing framing;
  bool keep_alive = true;         // the client wants the connection to persist
  bool expects_continue = false;  // Expect: 100-continue from an HTTP/1.1 client
  // A GET without a body from HTTP/1.1, with `upgrade` in Connection and `websocket` in Upgrade.
  bool upgrades_to_websocket = false;

  [[nodiscard]] std::string_view path() const noexcept;   // up to '?'
  [[nodiscard]] std::string_view query() const noexcept;  // after '?', or empty
  void clear() noexcept;
};

struct ResponseHead {
  int status = 0;
  std::string reason;
  int minor_version = 1;
  Fields fields;
  Framing framing;  // given the request's method (HEAD has none, RFC 9112, 6.3)
  // The backend will serve another request on this connection: false too where the body ends with
  // the connection, after a 101, and where a 1xx or 204 announces a body that it cannot have.
  bool keep_alive = true;

  void clear() noexcept;
};

}  // namespace pinion::http
