#include "daemon/http/api/paging.h"

#include <utility>

namespace tightrope::daemon::http {

Page::Page(Parameters& parameters, std::size_t otherwise, std::size_t key_size)
    : limit_(parameters.number("limit", 1, kMost, otherwise)) {
  const std::string& cursor = parameters.text("cursor");
  if (cursor.empty()) return;
  after_ = decode_cursor(cursor);
  if (!after_ || after_->size() < key_size) {
    parameters.mistake("cursor", "is not one that an earlier answer gave as next");
    after_.reset();
  }
}

void Page::add(json::object item, CursorKey key) {
  items_.push_back(std::move(item));
  last_ = std::move(key);
}

json::object Page::take(std::string_view name) && {
  json::object result;
  result[json::string_view(name.data(), name.size())] = std::move(items_);
  result["next"] = nullptr;
  if (more_) result["next"] = encode_cursor(last_);
  return result;
}

Response lost_cursor() {
  return bad_request("cursor: what it points at is not there any more; begin again without it");
}

}  // namespace tightrope::daemon::http
