#include "log_settings.h"

namespace pinion {

log::Level level_of(config::LogLevel level) noexcept {
  switch (level) {
    case config::LogLevel::debug:
      return log::Level::debug;
    case config::LogLevel::info:
      return log::Level::info;
    case config::LogLevel::warning:
      return log::Level::warning;
    case config::LogLevel::error:
      break;
  }
  return log::Level::error;
}

log::Format format_of(config::LogFormat format) noexcept {
  return format == config::LogFormat::json ? log::Format::json : log::Format::text;
}

}  // namespace pinion
