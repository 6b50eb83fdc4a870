#include "base/check.h"
#include "http/forward.h"
#include "http/hop_by_hop.h"
#include "http/write_field.h"

namespace pinion::http {
namespace {

constexpr int kNoContent = 204;

/// Responses that end with their head, whatever the request was, and so have no framing fields
/// (RFC 9110, 8.6; RFC 9112, 6.1).
bool is_bodiless(int status) noexcept { return status < 200 || status == kNoContent; }

constexpr int kUpgradeRequired = 426;

class ResponseWriter {
 public:
  ResponseWriter(std::string& out, const ResponseHead& head,
                 const ResponseRewrite& rewrite) noexcept
      : out_(out), head_(head), rewrite_(rewrite), hop_by_hop_(head.fields), framing_(framing()) {}

  void write() {
    out_.append("HTTP/1.1 ");
    write_number(out_, static_cast<std::uint64_t>(head_.status));
    out_.append(" ").append(head_.reason).append("\r\n");
    for (std::size_t i = 0; i < head_.fields.size(); ++i) write_one(head_.fields[i]);
    framing_.at_end(out_);
    write_connection();
    out_.append("\r\n");
  }

 private:
  [[nodiscard]] Framing framing() const noexcept {
    return is_bodiless(head_.status) ? Framing{} : rewrite_.framing;
  }

  void write_one(const Field& field) {
    if (field.known == FieldName::content_length) {
      framing_.at_length_field(out_, field.name);
      if (tells_length(field)) write_field(out_, field.name, field.value);
      return;
    }
    const bool upgrade = tells_upgrade() && field.known == FieldName::upgrade;
    if (upgrade || !hop_by_hop_.drops(field)) write_field(out_, field.name, field.value);
  }

  /// A head that stands for a body that is not sent tells its length. That of a 204 should not, but
  /// servers say 0 in answers to preflights for the sake of browsers that would wait for a body.
  [[nodiscard]] bool tells_length(const Field& field) const noexcept {
    if (head_.status == kNoContent) return field.value == "0";
    return framing().kind == Framing::Kind::none && !is_bodiless(head_.status);
  }

  /// A 426 without its Upgrade would not say what is asked for (RFC 9110, 15.5.22).
  [[nodiscard]] bool tells_upgrade() const noexcept {
    return rewrite_.upgrade || head_.status == kUpgradeRequired;
  }

  void write_connection() {
    const std::string_view option = persistence();
    const bool upgrade =
        rewrite_.upgrade || (tells_upgrade() && head_.fields.has(FieldName::upgrade));
    if (!upgrade) {
      if (!option.empty()) write_field(out_, "Connection", option);
      return;
    }
    out_.append("Connection: Upgrade");
    if (!option.empty()) out_.append(", ").append(option);
    out_.append("\r\n");
  }

  /// What the client has to be told of its connection, if anything.
  [[nodiscard]] std::string_view persistence() const noexcept {
    if (head_.status < 200) return {};  // the final response says what becomes of it
    if (!rewrite_.keep_alive || framing().kind == Framing::Kind::until_close) return "close";
    return rewrite_.client_minor_version == 0 ? "keep-alive" : "";
  }

  std::string& out_;
  const ResponseHead& head_;
  const ResponseRewrite& rewrite_;
  HopByHop hop_by_hop_;
  FramingFields framing_;
};

}  // namespace

void write_response_head(std::string& out, const ResponseHead& head,
                         const ResponseRewrite& rewrite) {
  PINION_CHECK(rewrite.framing.kind != Framing::Kind::chunked || rewrite.client_minor_version >= 1,
               "an HTTP/1.0 client cannot read chunks");
  constexpr std::size_t kAdded = 64;  // the status line, Connection, Transfer-Encoding
  out.reserve(out.size() + head.reason.size() + head.fields.bytes() + kAdded);
  ResponseWriter(out, head, rewrite).write();
}

Framing response_framing(const ResponseHead& head, int client_minor_version) noexcept {
  if (client_minor_version >= 1) {
    return head.framing.kind == Framing::Kind::until_close ? Framing{Framing::Kind::chunked}
                                                           : head.framing;
  }
  return head.framing.kind == Framing::Kind::chunked ? Framing{Framing::Kind::until_close}
                                                     : head.framing;
}

}  // namespace pinion::http
