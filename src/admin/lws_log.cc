#include "admin/lws_log.h"

#include <libwebsockets.h>

#include <string_view>

namespace pinion::admin {
namespace {

// The library's hook has no room for a context of ours.
thread_local log::Logger* current_log = nullptr;

void emit(int /*level*/, const char* line) {
  if (current_log == nullptr) return;
  std::string_view text = line;
  while (text.ends_with('\n')) text.remove_suffix(1);
  current_log->debug("libwebsockets", {{"message", text}});
}

}  // namespace

LwsLogScope::LwsLogScope(log::Logger& log) noexcept : before_(current_log) {
  current_log = &log;
  lws_set_log_level(LLL_ERR | LLL_WARN | LLL_NOTICE, emit);
}

LwsLogScope::~LwsLogScope() { current_log = before_; }

}  // namespace pinion::admin
