// A doubly linked list whose links live in the elements: no allocation, O(1) removal by element.
//
// Threads: none of its own; the owner's lock or thread guards it.
// Lifetime: the list owns nothing. A ListHook leaves its list when it dies or is unlinked.
// Invariants: a hook is in at most one list; the list is circular through its own hook.
// An element that sits in several lists derives from ListHook<Tag> once for each Tag.
#pragma once

#include <cstddef>

#include "base/check.h"

namespace pinion {

struct DefaultList {};

template <typename Tag = DefaultList>
class ListHook {
 public:
  ListHook() noexcept : next_(this), previous_(this) {}
  ~ListHook() { unlink(); }
  ListHook(const ListHook&) = delete;
  ListHook& operator=(const ListHook&) = delete;

  [[nodiscard]] bool is_linked() const noexcept { return next_ != this; }

  void unlink() noexcept {
    next_->previous_ = previous_;
    previous_->next_ = next_;
    next_ = previous_ = this;
  }

 private:
  template <typename, typename>
  friend class IntrusiveList;

  void link_before(ListHook& other) noexcept {
    PINION_CHECK(!is_linked(), "an element is in one list at a time");
    next_ = &other;
    previous_ = other.previous_;
    other.previous_->next_ = this;
    other.previous_ = this;
  }

  ListHook* next_;
  ListHook* previous_;
};

template <typename T, typename Tag = DefaultList>
class IntrusiveList {
 public:
  [[nodiscard]] bool empty() const noexcept { return !root_.is_linked(); }
  void push_back(T& element) noexcept { hook(element).link_before(root_); }
  void push_front(T& element) noexcept { hook(element).link_before(*root_.next_); }

  /// The first or last element; null when empty.
  [[nodiscard]] T* front() const noexcept { return element(root_.next_); }
  [[nodiscard]] T* back() const noexcept { return element(root_.previous_); }
  /// The neighbour towards the back; null at the end.
  [[nodiscard]] T* after(T& at) const noexcept { return element(hook(at).next_); }
  /// The neighbour towards the front; null at the beginning.
  [[nodiscard]] T* before(T& at) const noexcept { return element(hook(at).previous_); }

  T* pop_front() noexcept {
    T* first = front();
    if (first != nullptr) hook(*first).unlink();
    return first;
  }

  /// Moves all elements of `other` behind those here.
  void splice_back(IntrusiveList& other) noexcept {
    while (T* moved = other.pop_front()) push_back(*moved);
  }

 private:
  static ListHook<Tag>& hook(T& element) noexcept { return element; }
  [[nodiscard]] T* element(ListHook<Tag>* at) const noexcept {
    return at == &root_ ? nullptr : static_cast<T*>(at);
  }

  ListHook<Tag> root_;
};

}  // namespace pinion
