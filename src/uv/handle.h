// Ownership of a libuv handle: the owner may die at any time, the handle's cell is freed when libuv
// lets go of it.
//
// Threads: the loop's.
// Lifetime: HandlePtr's deleter clears `data` and calls uv_close; the close callback frees the
//   cell. Callbacks that run between the two find `data` null and return.
#pragma once

#include <uv.h>

#include <memory>

namespace pinion::uv {

template <typename Handle>
struct CloseHandle {
  void operator()(Handle* handle) const noexcept {
    auto* base = reinterpret_cast<uv_handle_t*>(handle);
    base->data = nullptr;
    uv_close(base, [](uv_handle_t* closed) { delete reinterpret_cast<Handle*>(closed); });
  }
};

template <typename Handle>
using HandlePtr = std::unique_ptr<Handle, CloseHandle<Handle>>;

}  // namespace pinion::uv
