// Lists over all clients: bounded, with a cursor to the next page.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "daemon/http/cursor.h"
#include "daemon/http/json.h"
#include "daemon/http/parameters.h"

namespace tightrope::daemon::http {

// Fills one page. Items come in an order that stays the same from page to page; a cursor is the key of the
// last one shown.
class Page {
 public:
  static constexpr std::size_t kMost = 10'000;

  // Reads `limit` and `cursor`. `key_size` is the least number of texts in a key, the first being the client
  // (or source).
  Page(Parameters& parameters, std::size_t otherwise, std::size_t key_size);

  // Where to go on; nothing on the first page. Once taken up, it is cleared.
  const std::optional<CursorKey>& after() const noexcept { return after_; }
  void resumed() noexcept { after_.reset(); }

  bool full() const noexcept { return items_.size() >= limit_; }
  // REQUIRES: not full().
  void add(json::object item, CursorKey key);
  // There is at least one more.
  void more() noexcept { more_ = true; }
  bool has_more() const noexcept { return more_; }

  // {<name>: [...], "next": cursor or null}
  json::object take(std::string_view name) &&;

 private:
  std::size_t limit_;
  std::optional<CursorKey> after_;
  json::array items_;
  CursorKey last_;
  bool more_ = false;
};

// 400: what the cursor points at is gone.
Response lost_cursor();

}  // namespace tightrope::daemon::http
