#include "base/ascii.h"
#include "base/check.h"
#include "http/forward.h"
#include "http/hop_by_hop.h"
#include "http/write_field.h"

namespace pinion::http {
namespace {

/// Fields that end here though they are not hop-by-hop.
FieldNames replaced_names(const RequestHead& head, const RequestRewrite& rewrite) noexcept {
  // X-Forwarded-For is merged and extended behind the others. X_Forwarded_For would be taken for
  // it, and proxies that are trusted let it through.
  FieldNames names{FieldName::x_forwarded_for, FieldName::x_forwarded_variable};
  if (!rewrite.peer_is_trusted) names.add(kTellOfClient);
  // RFC 9110, 10.1.1: it means nothing from HTTP/1.0, and would mean something in our HTTP/1.1.
  if (rewrite.drop_expect || head.minor_version == 0) names.add(FieldName::expect);
  if (rewrite.drop_accept_encoding) names.add(FieldName::accept_encoding);
  return names;
}

class RequestWriter {
 public:
  RequestWriter(std::string& out, const RequestHead& head, const RequestRewrite& rewrite) noexcept
      : out_(out),
        head_(head),
        rewrite_(rewrite),
        replaced_(replaced_names(head, rewrite)),
        hop_by_hop_(head.fields),
        framing_(rewrite.framing) {}

  void write() {
    out_.append(head_.method).append(" ").append(head_.target).append(" HTTP/1.1\r\n");
    write_missing_host();
    for (std::size_t i = 0; i < head_.fields.size(); ++i) {
      const Field field = head_.fields[i];
      if (field.known == FieldName::content_length) {
        framing_.at_length_field(out_, field.name);
      } else if (keeps(field)) {
        write_field(out_, field.name, field.value);
      }
    }
    framing_.at_end(out_);
    write_forwarded_for();
    if (!keeps_any(FieldName::x_forwarded_proto)) write_told("X-Forwarded-Proto", rewrite_.proto);
    if (!keeps_any(FieldName::x_forwarded_host)) write_told("X-Forwarded-Host", head_.host);
    if (head_.upgrades_to_websocket) write_upgrade();
    out_.append("\r\n");
  }

 private:
  /// An HTTP/1.0 client may have named no host; an empty field says so (RFC 9112, 3.2), and Node,
  /// uvicorn and aiohttp take it, while a 1.1 request without the field is refused by some.
  void write_missing_host() {
    if (!head_.fields.has(FieldName::host)) write_field(out_, "Host", head_.host);
  }

  [[nodiscard]] bool keeps(const Field& field) const noexcept {
    return !replaced_.has(field.known) && !hop_by_hop_.drops(field);
  }

  void write_forwarded_for() {
    const std::size_t start = out_.size();
    out_.append("X-Forwarded-For: ");
    const std::size_t values = out_.size();
    for (std::size_t i = 0; rewrite_.peer_is_trusted && i < head_.fields.size(); ++i) {
      const Field field = head_.fields[i];
      if (field.known == FieldName::x_forwarded_for) append_element(values, field.value);
    }
    append_element(values, rewrite_.client_address);
    if (out_.size() == values) {
      out_.resize(start);
    } else {
      out_.append("\r\n");
    }
  }

  void append_element(std::size_t list_start, std::string_view element) {
    if (element.empty()) return;
    if (out_.size() != list_start) out_.append(", ");
    out_.append(element);
  }

  [[nodiscard]] bool keeps_any(FieldName name) const noexcept {
    return rewrite_.peer_is_trusted && head_.fields.has(name);
  }

  void write_told(std::string_view name, std::string_view value) {
    if (!value.empty()) write_field(out_, name, value);
  }

  /// Only the protocol that may be switched to; its case is kept, since some servers compare it.
  void write_upgrade() {
    std::string_view protocol = "websocket";
    for (std::size_t i = 0; i < head_.fields.size(); ++i) {
      const Field field = head_.fields[i];
      if (field.known != FieldName::upgrade) continue;
      std::string_view protocols = field.value;
      while (const auto offered = next_list_element(protocols)) {
        if (iequals(*offered, protocol)) protocol = *offered;
      }
    }
    write_field(out_, "Connection", "Upgrade");
    write_field(out_, "Upgrade", protocol);
  }

  std::string& out_;
  const RequestHead& head_;
  const RequestRewrite& rewrite_;
  FieldNames replaced_;
  HopByHop hop_by_hop_;
  FramingFields framing_;
};

}  // namespace

void write_request_head(std::string& out, const RequestHead& head, const RequestRewrite& rewrite) {
  PINION_CHECK(rewrite.framing.kind != Framing::Kind::until_close,
               "a request's body has an end of its own");
  // The Host once more in X-Forwarded-Host, the other fields that are added, the client's address.
  constexpr std::size_t kAdded = 160;
  out.reserve(out.size() + head.target.size() + head.fields.bytes() + head.host.size() + kAdded);
  RequestWriter(out, head, rewrite).write();
}

std::string client_of(const RequestHead& head, std::string_view peer, bool peer_is_trusted) {
  std::string_view client = peer;
  for (std::size_t i = 0; peer_is_trusted && i < head.fields.size(); ++i) {
    const Field field = head.fields[i];
    if (field.known != FieldName::x_forwarded_for) continue;
    std::string_view addresses = field.value;
    while (const auto address = next_list_element(addresses)) client = *address;
  }
  return std::string(client);
}

}  // namespace pinion::http
