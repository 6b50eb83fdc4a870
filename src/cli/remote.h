// Asking a running proxy: what status, sessions and their like have in common.
//
// Threads: the one of the command; blocks for at most the client's timeout.
#pragma once

#include <chrono>
#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace pinion::cli {

/// For an answer to what is done at once.
inline constexpr std::chrono::seconds kUsualPatience{5};

/// The options that all such commands take.
struct RemoteOptions {
  std::string admin = "http://127.0.0.1:9180";
  std::string token_file;
  bool json = false;  // print the answer as it came
};

struct RemoteError {
  int exit_code = 1;
  std::string message;               // one line: what failed and what to do
  std::vector<std::string> details;  // where an answer names several errors: all of them
};

/// The body of a 200. An answer with an error becomes its message, with exit code 1; no answer
/// is 3.
/// @param target percent-encoded path and query; @param body JSON, or none
/// @param patience for the whole answer
std::expected<std::string, RemoteError> ask(const RemoteOptions& options, std::string_view method,
                                            const std::string& target, std::string_view body = {},
                                            std::chrono::milliseconds patience = kUsualPatience);

/// The body as JSON; an error when it is none.
std::expected<nlohmann::ordered_json, RemoteError> parse_answer(const std::string& body);

// Members of a JSON object; empty or 0 when missing or of another type.
std::string text_of(const nlohmann::ordered_json& object, const char* key);
double number_of(const nlohmann::ordered_json& object, const char* key);
std::uint64_t count_of(const nlohmann::ordered_json& object, const char* key);
/// The array of that name, or an empty one.
const nlohmann::ordered_json& list_of(const nlohmann::ordered_json& object, const char* key);

}  // namespace pinion::cli
