#include "cli/remote.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "admin/client.h"
#include "cli/terminal.h"
#include "config/token_file.h"

namespace pinion::cli {
namespace {

using Json = nlohmann::ordered_json;

std::unexpected<RemoteError> fail(int exit_code, std::string message) {
  return std::unexpected(
      RemoteError{.exit_code = exit_code, .message = std::move(message), .details = {}});
}

const Json* member(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

/// What an error answer says, or at least its status.
RemoteError error_of(const admin::Response& response) {
  const Json body = Json::parse(response.body, nullptr, false);
  RemoteError failed{.exit_code = kFailed,
                     .message = fmt::format("the admin endpoint answered {}", response.status),
                     .details = {}};
  const Json* const error = member(body, "error");
  if (error == nullptr) return failed;
  if (auto message = text_of(*error, "message"); !message.empty()) {
    failed.message = std::move(message);
  }
  for (const Json& detail : list_of(*error, "details")) {
    if (detail.is_string()) failed.details.push_back(detail.get<std::string>());
  }
  return failed;
}

}  // namespace

std::expected<std::string, RemoteError> ask(const RemoteOptions& options, std::string_view method,
                                            const std::string& target, std::string_view body,
                                            std::chrono::milliseconds patience) {
  std::string token;
  if (!options.token_file.empty()) {
    auto read = config::read_token_file(options.token_file);
    if (!read)
      return fail(kFailed, fmt::format("--token-file {}: {}", options.token_file, read.error()));
    token = std::move(*read);
  }
  const auto client = admin::Client::create(options.admin, std::move(token), patience);
  if (!client) return fail(kUsage, "--admin " + client.error());
  auto response = client->request(method, target, body);
  if (!response) return fail(kNoAnswer, response.error() + "; is pinion running? (--admin URL)");
  if (response->status != 200) return std::unexpected(error_of(*response));
  return std::move(response->body);
}

std::expected<Json, RemoteError> parse_answer(const std::string& body) {
  Json json = Json::parse(body, nullptr, false);
  if (json.is_discarded()) return fail(kFailed, "the admin endpoint's answer is not JSON");
  return json;
}

std::string text_of(const Json& object, const char* key) {
  const Json* const value = member(object, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string{};
}

double number_of(const Json& object, const char* key) {
  const Json* const value = member(object, key);
  return value != nullptr && value->is_number() ? value->get<double>() : 0.0;
}

std::uint64_t count_of(const Json& object, const char* key) {
  const Json* const value = member(object, key);
  return value != nullptr && value->is_number_unsigned() ? value->get<std::uint64_t>() : 0;
}

const Json& list_of(const Json& object, const char* key) {
  static const Json kNone = Json::array();
  const Json* const value = member(object, key);
  return value != nullptr && value->is_array() ? *value : kNone;
}

}  // namespace pinion::cli
