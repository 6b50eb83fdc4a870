#include "http/head.h"

#include "base/ascii.h"

namespace pinion::http {

void Fields::clear() noexcept {
  bytes_.clear();
  spans_.clear();
  present_ = {};
}

void Fields::add(std::string_view name, std::string_view value) {
  const std::size_t at = bytes_.size();
  bytes_.append(name).append(value);
  const std::string_view added = std::string_view{bytes_}.substr(at);
  take(added.substr(0, name.size()), added.substr(name.size()));
}

std::string_view Fields::begin(std::string_view head) {
  clear();
  bytes_ = head;
  return bytes_;
}

void Fields::take(std::string_view name, std::string_view value) {
  const FieldName known = field_name(name);
  const auto at = [this](std::string_view part) {
    return static_cast<std::uint32_t>(part.data() - bytes_.data());
  };
  spans_.push_back({at(name), static_cast<std::uint32_t>(name.size()), at(value),
                    static_cast<std::uint32_t>(value.size()), known});
  present_.add(known);
}

Field Fields::operator[](std::size_t index) const noexcept {
  const Span& span = spans_[index];
  return {{bytes_.data() + span.name_at, span.name_size},
          {bytes_.data() + span.value_at, span.value_size},
          span.known};
}

std::optional<std::string_view> Fields::find(FieldName name) const noexcept {
  if (!has(name)) return std::nullopt;
  std::size_t i = 0;
  while (spans_[i].known != name) ++i;
  return (*this)[i].value;
}

std::optional<std::string_view> Fields::find(std::string_view name) const noexcept {
  for (std::size_t i = 0; i < spans_.size(); ++i) {
    if (spans_[i].name_size != name.size()) continue;
    const Field field = (*this)[i];
    if (iequals(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::size_t Fields::count(std::string_view name) const noexcept {
  std::size_t found = 0;
  for (std::size_t i = 0; i < spans_.size(); ++i) {
    if (spans_[i].name_size == name.size() && iequals((*this)[i].name, name)) ++found;
  }
  return found;
}

bool Fields::lists(std::string_view name, std::string_view element) const noexcept {
  for (std::size_t i = 0; i < spans_.size(); ++i) {
    if (spans_[i].name_size != name.size()) continue;
    const Field field = (*this)[i];
    if (iequals(field.name, name) && list_contains(field.value, element)) return true;
  }
  return false;
}

std::string_view RequestHead::path() const noexcept {
  const std::string_view whole = target;
  return whole.substr(0, whole.find('?'));
}

std::string_view RequestHead::query() const noexcept {
  const std::string_view whole = target;
  const auto mark = whole.find('?');
  return mark == std::string_view::npos ? std::string_view{} : whole.substr(mark + 1);
}

void RequestHead::clear() noexcept {
  method.clear();
  target.clear();
  host.clear();
  minor_version = 1;
  fields.clear();
  framing = {};
  keep_alive = true;
  expects_continue = false;
  upgrades_to_websocket = false;
}

void ResponseHead::clear() noexcept {
  status = 0;
  reason.clear();
  minor_version = 1;
  fields.clear();
  framing = {};
  keep_alive = true;
}

}  // namespace pinion::http
