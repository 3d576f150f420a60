// Which page to ask for next. Pure: answers go in, the next request's differences come out.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "collectors/json_tree.h"
#include "collectors/transfer.h"
#include "collectors/web_address.h"
#include "config/sources.h"

namespace tightrope::collectors {

// What offsets and totals count: the records themselves, or the elements of a list around theirs (ads with
// their days), which say nothing of how many records come.
enum class PagedBy : std::uint8_t { records, outer_list };

// One read's walk through the pages.
class Pager {
 public:
  explicit Pager(const config::Pagination& pagination, PagedBy by = PagedBy::records)
      : pagination_(pagination), by_(by), page_(pagination.first_page), offset_(pagination.first_offset) {}

  int pages() const noexcept { return pages_; }  // how many have been asked for, this one included
  std::int64_t page() const noexcept { return page_; }
  std::int64_t offset() const noexcept { return offset_; }
  const std::string& cursor() const noexcept { return cursor_; }
  // Set when the whole address of this page is known; it is asked for as it is, without the source's own
  // query.
  const std::optional<WebAddress>& address() const noexcept { return address_; }
  // The query parameters that ask for this page.
  std::vector<std::pair<std::string, std::string>> query() const;

  // What follows the page that was asked for at `asked`. False when it was the last; an error when the pages
  // go round in a circle, leave their host, or are too many. `root` may be none (an answer without a body),
  // and so may be `last`, its last record. `records` counts those that the answer has, wanted or not.
  std::variant<bool, std::string> advance(const WebAddress& asked, const TransferResponse& response,
                                          JsonValue root, std::size_t records, JsonValue last = {});

 private:
  std::variant<bool, std::string> advance_cursor(const TransferResponse& response, JsonValue root,
                                                 JsonValue last);
  std::variant<bool, std::string> advance_link(const WebAddress& asked, const TransferResponse& response,
                                               JsonValue root);
  std::variant<bool, std::string> advance_count(const TransferResponse& response, JsonValue root,
                                                std::size_t records);
  // How many of the announced records came, and what to do about it.
  std::string shortfall(std::int64_t came) const;

  const config::Pagination& pagination_;
  const PagedBy by_;
  int pages_ = 1;
  int empty_pages_ = 0;  // in a row
  std::int64_t page_;
  std::int64_t offset_;
  std::optional<std::int64_t> total_;  // as last announced
  std::int64_t walked_ = 0;            // before this page: pages or records, whichever the total counts
  std::int64_t fullest_ = 0;           // the most records of a page
  std::string cursor_;
  std::optional<WebAddress> address_;
  std::set<std::string> seen_;  // cursors, or addresses
  std::size_t last_body_ = 0;   // its hash
};

// The target of the link with rel="next" in a Link header (RFC 8288); nothing when there is none.
std::optional<std::string> next_link(std::string_view link_header);

}  // namespace tightrope::collectors
