// Heads as text, so that tests can compare all of them at once.
#pragma once

#include <string>

#include "http/head_parser.h"

namespace pinion::http {

inline std::string describe(const Fields& fields) {
  std::string text;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    text.append(fields[i].name).append("=[").append(fields[i].value).append("]\n");
  }
  return text;
}

inline std::string describe(const Framing& framing) {
  return std::to_string(static_cast<int>(framing.kind)) + ":" + std::to_string(framing.length);
}

inline std::string describe(const RequestHead& head) {
  std::string text = head.method + " " + head.target + " 1." + std::to_string(head.minor_version);
  text += " host=" + head.host + " framing=" + describe(head.framing);
  text += head.keep_alive ? " keep-alive" : "";
  text += head.expects_continue ? " expects-continue" : "";
  text += head.upgrades_to_websocket ? " websocket" : "";
  return text + "\n" + describe(head.fields);
}

inline std::string describe(const ResponseHead& head) {
  std::string text = std::to_string(head.status) + " " + head.reason;
  text += " 1." + std::to_string(head.minor_version) + " framing=" + describe(head.framing);
  text += head.keep_alive ? " keep-alive" : "";
  return text + "\n" + describe(head.fields);
}

}  // namespace pinion::http
