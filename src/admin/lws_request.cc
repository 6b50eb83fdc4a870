#include "admin/lws_request.h"

#include <cstddef>
#include <string_view>

namespace pinion::admin {
namespace {

Method method_of(int index) noexcept {
  switch (index) {
    case LWSHUMETH_GET:
      return Method::get;
    case LWSHUMETH_HEAD:
      return Method::head;
    case LWSHUMETH_POST:
      return Method::post;
    case LWSHUMETH_PUT:
      return Method::put;
    case LWSHUMETH_PATCH:
      return Method::patch;
    case LWSHUMETH_DELETE:
      return Method::delete_;
    case LWSHUMETH_OPTIONS:
      return Method::options;
    default:
      return Method::other;
  }
}

std::vector<std::string> query_of(lws* wsi) {
  std::vector<std::string> query;
  const int size = lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_URI_ARGS);
  std::string piece(static_cast<std::size_t>(size) + 1, '\0');
  for (int i = 0; size > 0; ++i) {
    const int count =
        lws_hdr_copy_fragment(wsi, piece.data(), size + 1, WSI_TOKEN_HTTP_URI_ARGS, i);
    if (count < 0) break;
    if (count > 0) query.emplace_back(piece, 0, static_cast<std::size_t>(count));
  }
  return query;
}

}  // namespace

std::string field_of(lws* wsi, lws_token_indexes field) {
  const int size = lws_hdr_total_length(wsi, field);
  if (size <= 0) return {};
  std::string value(static_cast<std::size_t>(size) + 1, '\0');
  const int count = lws_hdr_copy(wsi, value.data(), size + 1, field);
  value.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return value;
}

Request read_head(lws* wsi) {
  Request request;
  char* path = nullptr;
  int size = 0;
  request.method = method_of(lws_http_get_uri_and_method(wsi, &path, &size));
  if (path != nullptr && size > 0) request.path.assign(path, static_cast<std::size_t>(size));
  request.query = query_of(wsi);
  request.host = field_of(wsi, WSI_TOKEN_HOST);
  request.origin = field_of(wsi, WSI_TOKEN_ORIGIN);
  request.authorization = field_of(wsi, WSI_TOKEN_HTTP_AUTHORIZATION);
  return request;
}

}  // namespace pinion::admin
