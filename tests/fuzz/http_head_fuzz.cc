// Heads: how the input is cut changes nothing; no byte is consumed that is not there; what is
// accepted has the lines that a plain reading of the bytes finds, and llhttp reads it likewise; and
// what we write of it is accepted and means the same.
//
// Input: a byte whose low bits choose request or response, limits and rewriting, a byte that seeds
// the cuts, the head and what follows it.
#include <algorithm>
#include <iterator>
#include <string>
#include <type_traits>

#include "base/ascii.h"
#include "bytes.h"
#include "http/forward.h"
#include "http/head_parser.h"
#include "http/reply.h"
#include "llhttp_reading.h"

namespace pinion::fuzz {
namespace {

using http::Fields;
using http::Framing;
using http::HeadError;
using http::HeadLimits;
using http::HeadResult;
using http::RequestHead;
using http::ResponseHead;
using Status = http::HeadResult::Status;

bool operator==(const Fields& a, const Fields& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].name != b[i].name || a[i].value != b[i].value) return false;
  }
  return true;
}

bool same(const RequestHead& a, const RequestHead& b) {
  return a.method == b.method && a.target == b.target && a.host == b.host &&
         a.minor_version == b.minor_version && a.fields == b.fields && a.framing == b.framing &&
         a.keep_alive == b.keep_alive && a.expects_continue == b.expects_continue &&
         a.upgrades_to_websocket == b.upgrades_to_websocket;
}

bool same(const ResponseHead& a, const ResponseHead& b) {
  return a.status == b.status && a.reason == b.reason && a.minor_version == b.minor_version &&
         a.fields == b.fields && a.framing == b.framing && a.keep_alive == b.keep_alive;
}

HeadResult read_one(std::string& partial, std::string_view in, const HeadLimits& limits,
                    RequestHead& head) {
  return http::read_request_head(partial, in, limits, head);
}

HeadResult read_one(std::string& partial, std::string_view in, const HeadLimits& limits,
                    ResponseHead& head) {
  return http::read_response_head(partial, in, limits, "GET", head);
}

template <typename Head>
struct Outcome {
  Status status = Status::need_more;
  HeadError error = HeadError::none;
  std::size_t consumed = 0;  // of all bytes, if complete
  Head head;

  bool operator==(const Outcome& other) const {
    if (status != other.status || error != other.error || consumed != other.consumed) return false;
    // Of one that is refused what came before its fault is known.
    if (status == Status::failed) return head.fields == other.head.fields;
    return status == Status::need_more || same(head, other.head);
  }
};

template <typename Head, typename NextSize>
Outcome<Head> read(std::string_view bytes, const HeadLimits& limits, NextSize next_size) {
  Outcome<Head> outcome;
  std::string partial;
  std::size_t at = 0;
  while (at < bytes.size() && outcome.status == Status::need_more) {
    const std::string_view piece = bytes.substr(at, next_size());
    const HeadResult result = read_one(partial, piece, limits, outcome.head);
    PINION_CHECK(result.consumed <= piece.size(), "nothing is consumed that is not there");
    PINION_CHECK((result.error == HeadError::none) == (result.status != Status::failed),
                 "an error and a failure are one");
    PINION_CHECK(partial.size() < limits.head, "what is kept is bounded");
    if (result.status == Status::need_more) {
      PINION_CHECK(result.consumed == piece.size(), "all is taken in while more is needed");
    } else {
      PINION_CHECK(partial.capacity() == std::string().capacity(), "nothing is kept afterwards");
    }
    outcome.status = result.status;
    outcome.error = result.error;
    at += result.consumed;
  }
  if (outcome.status == Status::complete) outcome.consumed = at;
  return outcome;
}

/// The fields as a plain reading finds them: lines end in CRLF, the name ends at the colon.
Fields plain_fields(std::string_view head) {
  Fields fields;
  head.remove_prefix(head.find("\r\n") + 2);
  while (!head.starts_with("\r\n")) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    const auto colon = line.find(':');
    fields.add(line.substr(0, colon), trim_ows(line.substr(colon + 1)));
    head.remove_prefix(line.size() + 2);
  }
  return fields;
}

std::string_view without_empty_lines(std::string_view head) {
  while (head.starts_with("\r\n")) head.remove_prefix(2);
  return head;
}

// Those that llhttp 8.1 takes in a request of HTTP.
constexpr std::string_view kTheirMethods[] = {
    "GET",        "POST",       "OPTIONS", "HEAD",     "PUT",    "PATCH",     "DELETE",
    "TRACE",      "COPY",       "LOCK",    "MKCOL",    "MOVE",   "PROPFIND",  "PROPPATCH",
    "SEARCH",     "UNLOCK",     "BIND",    "REBIND",   "UNBIND", "ACL",       "REPORT",
    "MKACTIVITY", "CHECKOUT",   "MERGE",   "M-SEARCH", "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE",
    "PURGE",      "MKCALENDAR", "LINK",    "UNLINK",   "SOURCE",
};

/// Puts a method that llhttp knows, and the highest version that it knows, in the place of others.
std::string in_their_words(std::string_view bytes, RequestHead& head) {
  std::string text(bytes);
  char& minor = text[text.find('\r') - 1];
  if (minor != '0') minor = '1';
  if (std::ranges::find(kTheirMethods, head.method) != std::end(kTheirMethods)) return text;
  text.replace(0, head.method.size(), kTheirMethods[0]);
  head.method = kTheirMethods[0];
  return text;
}

std::string in_their_words(std::string_view bytes, ResponseHead& /*head*/) {
  std::string text(bytes);
  char& minor = text[std::string_view("HTTP/1.").size()];
  if (minor != '0') minor = '1';
  return text;
}

bool starts_alike(const RequestHead& head, const test::LlhttpReading& theirs) {
  const std::string& target = theirs.start_line_text;
  // An absolute-form was reduced to its path.
  return head.method == theirs.method &&
         (head.target == target || target.find("://") != std::string::npos);
}

bool starts_alike(const ResponseHead& head, const test::LlhttpReading& theirs) {
  return head.status == theirs.status && head.reason == theirs.start_line_text;
}

template <typename Head>
void check_with_llhttp(std::string_view bytes, Head head) {
  const std::string words = in_their_words(bytes, head);
  const auto theirs = test::read_with_llhttp(words, std::is_same_v<Head, RequestHead>);
  PINION_CHECK(theirs.accepted, "llhttp takes what we take");
  PINION_CHECK(starts_alike(head, theirs), "with the same first line");
  PINION_CHECK(head.minor_version == theirs.minor_version, "of the same version");
  PINION_CHECK(head.fields.size() == theirs.fields.size(), "with as many fields");
  for (std::size_t i = 0; i < theirs.fields.size(); ++i) {
    const auto& [name, value] = theirs.fields[i];
    PINION_CHECK(head.fields[i].name == name && head.fields[i].value == value, "that say the same");
  }
}

void check_written(const RequestHead& head, unsigned choice) {
  std::string out;
  const bool trusted = (choice & 8U) != 0;
  http::write_request_head(out, head,
                           {.client_address = "192.0.2.1",
                            .peer_is_trusted = trusted,
                            .drop_accept_encoding = (choice & 16U) != 0,
                            .framing = head.framing});
  std::string partial;
  RequestHead again;
  const HeadLimits limits{.head = out.size() + 1, .fields = out.size(), .url = out.size()};
  const auto result = http::read_request_head(partial, out, limits, again);
  // The empty Host of an HTTP/1.0 request is written but not accepted.
  if (head.host.empty()) return;
  PINION_CHECK(result.status == Status::complete, "what we write we accept");
  PINION_CHECK(result.consumed == out.size(), "and it is one head");
  PINION_CHECK(again.method == head.method && again.target == head.target, "the same request");
  PINION_CHECK(again.host == head.host && again.framing == head.framing, "to the same place");
  PINION_CHECK(again.upgrades_to_websocket == head.upgrades_to_websocket, "with the same upgrade");
  PINION_CHECK(again.expects_continue == head.expects_continue, "and the same expectation");
  PINION_CHECK(again.fields.count("X-Forwarded-For") == 1, "from one list of addresses");
  PINION_CHECK(http::client_of(again, "peer", true) == "192.0.2.1", "whose last is our own peer");
  PINION_CHECK(trusted || again.fields.count("X-Forwarded-Host") == 1, "that nobody else wrote");
  const std::string reply = http::write_reply({.status = 503, .code = "x", .message = "y"}, &head);
  ResponseHead reply_head;
  const auto reply_result =
      http::read_response_head(partial, reply, {.head = reply.size() + 1}, head.method, reply_head);
  PINION_CHECK(reply_result.status == Status::complete, "our own reply is one");
}

void check_written(const ResponseHead& head, unsigned choice) {
  const int client_version = (choice & 8U) != 0 ? 1 : 0;
  const Framing framing = http::response_framing(head, client_version);
  std::string out;
  http::write_response_head(out, head,
                            {.client_minor_version = client_version,
                             .keep_alive = (choice & 16U) != 0,
                             .upgrade = head.status == 101,
                             .framing = framing});
  std::string partial;
  ResponseHead again;
  const HeadLimits limits{.head = out.size() + 1, .fields = out.size()};
  const auto result = http::read_response_head(partial, out, limits, "GET", again);
  PINION_CHECK(result.status == Status::complete, "what we write we accept");
  PINION_CHECK(result.consumed == out.size(), "and it is one head");
  PINION_CHECK(again.status == head.status && again.reason == head.reason, "the same answer");
  PINION_CHECK(again.framing == framing, "with the same body");
  PINION_CHECK(again.fields.count("Set-Cookie") == head.fields.count("Set-Cookie"), "all cookies");
}

template <typename Head>
void check(std::string_view bytes, const HeadLimits& limits, unsigned choice, Cuts cuts) {
  const auto whole = read<Head>(bytes, limits, [&] { return bytes.size(); });
  const auto bytewise = read<Head>(bytes, limits, [] { return 1; });
  PINION_CHECK(bytewise == whole, "bytewise is the same");
  const auto cut = read<Head>(bytes, limits, [&] { return cuts.next(); });
  PINION_CHECK(cut == whole, "cuts change nothing");
  if (whole.status != Status::complete) return;
  const std::string_view head = without_empty_lines(bytes.substr(0, whole.consumed));
  PINION_CHECK(plain_fields(head) == whole.head.fields, "the fields are what the bytes say");
  PINION_CHECK(head.find('\0') == std::string_view::npos, "NUL never passes");
  check_with_llhttp(head, whole.head);
  check_written(whole.head, choice);
}

void run(std::string_view input) {
  const unsigned choice = take_byte(input);
  const Cuts cuts{take_byte(input)};
  const HeadLimits limits =
      (choice & 2U) != 0 ? HeadLimits{.head = 96, .fields = 3, .url = 24} : HeadLimits{};
  if ((choice & 1U) != 0) {
    check<ResponseHead>(input, limits, choice, cuts);
  } else {
    check<RequestHead>(input, limits, choice, cuts);
  }
}

}  // namespace
}  // namespace pinion::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pinion::fuzz::run(pinion::fuzz::as_text(data, size));
  return 0;
}
