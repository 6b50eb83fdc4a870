// The ids of an application and pinion's own cookie, as they stand in one request, and the backend
// where they say that it belongs.
//
// Threads: the worker's.
// Lifetime: part of its exchange, whose facts it reads.
// Invariants: nothing is read in a pool that has neither ids nor a cookie; those of a request
//   inside a session are not, since its sid says all.
#pragma once

#include <string>
#include <string_view>

#include "http/head.h"
#include "proxy/affinity.h"

namespace pinion::balance {
class Backend;
}

namespace pinion::proxy {

struct RequestFacts;
class Worker;

class RequestIds {
 public:
  RequestIds(Worker& worker, const RequestFacts& facts) noexcept : worker_(worker), facts_(facts) {}

  /// What the head has. @param https how its client came, as far as that can be trusted
  /// @param brings_connect its answer may tell of a session that has moved
  void read_head(const http::RequestHead& head, bool https, bool brings_connect);
  /// Ids may stand in its body too, which is to be seen whole before a backend is chosen.
  [[nodiscard]] bool in_body() const noexcept { return in_body_; }
  void read_body(std::string_view body);
  /// The body is too long to be read.
  void pass_over_body() noexcept { in_body_ = false; }

  /// The backend where it belongs. @returns null unless that is known and alive
  [[nodiscard]] balance::Backend* home();
  /// home() has found one, alive or not.
  [[nodiscard]] bool home_known() const noexcept { return !led_by_.empty(); }
  /// What home() went by: "id" or pinion's own "cookie"; empty: nothing is known.
  [[nodiscard]] std::string_view led_by() const noexcept { return led_by_; }
  /// It is beside a session that it names and that lives there: nobody else can answer it.
  [[nodiscard]] bool is_tied() const noexcept { return tied_; }
  /// It states an id of which nothing is known, as clients do before they open its session.
  [[nodiscard]] bool heralds_session() const noexcept {
    return in_body_ && !ids_.empty() && !home_known();
  }
  /// A backend has answered it, so the session that it heralds belongs there.
  void suggest(const balance::Backend& answered, int status);
  /// The id of the session that a handshake with these ids opens; empty when it has none.
  [[nodiscard]] std::string id_of_session() const;
  /// Adds pinion's cookie to the head of an answer, unless the client has it.
  void add_cookie(std::string& head, const balance::Backend& answers, int status) const;

 private:
  [[nodiscard]] const config::Affinity& affinity() const noexcept;
  [[nodiscard]] bool opens() const noexcept;
  [[nodiscard]] bool announces_another() const noexcept;

  Worker& worker_;
  const RequestFacts& facts_;
  AffinityIds ids_;
  std::string cookie_;  // pinion's own, as it came
  bool https_ = false;  // between the client and whoever ends TLS before us
  bool brings_connect_ = false;
  bool in_body_ = false;
  std::string_view led_by_;
  bool tied_ = false;
};

}  // namespace pinion::proxy
