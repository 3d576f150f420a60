// For std::unique_ptr of what a library written in C hands out.
#pragma once

namespace tightrope::collectors {

// Calls the library's own function: `std::unique_ptr<CURL, CDeleter<curl_easy_cleanup>>`.
template <auto Free>
struct CDeleter {
  template <class T>
  void operator()(T* handle) const noexcept {
    Free(handle);
  }
};

}  // namespace tightrope::collectors
