#include "engineio/session_target.h"

#include "base/percent.h"
#include "http/query.h"

namespace pinion::engineio {
namespace {

/// A target in its two halves; the first one with the `?`, if there is one.
struct TargetHalves {
  std::string_view path, query;
};

TargetHalves halves_of(std::string_view target) noexcept {
  const auto mark = target.find('?');
  if (mark == std::string_view::npos) return {target, {}};
  return {target.substr(0, mark + 1), target.substr(mark + 1)};
}

/// Puts pairs behind a path, with what belongs between them.
class PairWriter {
 public:
  PairWriter(std::string_view path, std::size_t room) {
    out_.reserve(room);
    out_.append(path);
  }

  std::string& next() {
    if (!first_) {
      out_.push_back('&');
    } else if (!out_.ends_with('?')) {
      out_.push_back('?');
    }
    first_ = false;
    return out_;
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
  bool first_ = true;
};

}  // namespace

std::string with_sid(std::string_view target, std::string_view sid) {
  const auto [path, query] = halves_of(target);
  const std::string encoded = percent_encode(sid);
  PairWriter out{path, target.size() + encoded.size() + 1};
  http::QueryReader pairs{query};
  for (http::QueryPair pair; pairs.next(pair);) {
    if (http::reads_as(pair.name, "sid")) {
      out.next().append(pair.name).append("=").append(encoded);
    } else {
      out.next().append(pair.text);
    }
  }
  return out.take();
}

std::string opening_target(std::string_view target, std::string_view transport) {
  constexpr std::string_view kTransport = "transport";
  const auto [path, query] = halves_of(target);
  PairWriter out{path, target.size() + kTransport.size() + transport.size() + 2};
  bool told = false;
  const auto tell = [&] {
    if (told) return;
    out.next().append(kTransport).append("=").append(transport);
    told = true;
  };
  http::QueryReader pairs{query};
  for (http::QueryPair pair; pairs.next(pair);) {
    if (http::reads_as(pair.name, kTransport)) {
      tell();
    } else if (!http::reads_as(pair.name, "sid")) {
      out.next().append(pair.text);
    }
  }
  tell();
  return out.take();
}

}  // namespace pinion::engineio
