// Reading a request's head out of libwebsockets.
//
// Threads: the admin thread, within the callback that announces the head.
#pragma once

#include <libwebsockets.h>

#include <string>

#include "admin/request.h"

namespace pinion::admin {

/// A field's value; several of one name are joined by commas. Empty when there is none.
std::string field_of(lws* wsi, lws_token_indexes field);

/// Method, path, query and the fields that Request keeps; no body.
Request read_head(lws* wsi);

}  // namespace pinion::admin
