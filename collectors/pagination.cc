#include "collectors/pagination.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <functional>

#include "collectors/field_mapping.h"
#include "collectors/field_path.h"

namespace tightrope::collectors {
namespace {

using config::PaginationKind;

constexpr int kMostEmptyPages = 10;

bool same_word(std::string_view a, std::string_view lower_case) noexcept {
  if (a.size() != lower_case.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char c = a[i] >= 'A' && a[i] <= 'Z' ? static_cast<char>(a[i] - 'A' + 'a') : a[i];
    if (c != lower_case[i]) return false;
  }
  return true;
}

// Up to the first of `ends` outside double quotes; removed from the text, but for the end itself.
std::string_view take_until(std::string_view& text, std::string_view ends) noexcept {
  bool in_quotes = false;
  std::size_t at = 0;
  for (; at < text.size() && (in_quotes || ends.find(text[at]) == std::string_view::npos); ++at) {
    if (text[at] == '"') in_quotes = !in_quotes;
  }
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at);
  return taken;
}

// `rel=next`, `rel="prev next"`.
bool is_next(std::string_view parameter) noexcept {
  const std::size_t equals = parameter.find('=');
  if (equals == std::string_view::npos || !same_word(trimmed(parameter.substr(0, equals)), "rel"))
    return false;
  std::string_view value = trimmed(parameter.substr(equals + 1));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
    value = value.substr(1, value.size() - 2);
  while (!value.empty()) {
    if (same_word(take_until(value, " "), "next")) return true;
    if (!value.empty()) value.remove_prefix(1);
  }
  return false;
}

// How many there are in all, where the answer says so; -1 is how some say that they do not know.
std::optional<std::int64_t> read_total(JsonValue root, const std::string& path) {
  const JsonValue value = path.empty() ? JsonValue() : find_at(root, path);
  if (!value || !value.is_scalar()) return std::nullopt;
  std::int64_t total = 0;
  const std::string_view text = value.text();
  const auto read = std::from_chars(text.data(), text.data() + text.size(), total);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || total < 0) return std::nullopt;
  return total;
}

// A cursor or an address in an answer: nothing where the pages end (absent, null, "", false).
std::variant<std::optional<std::string>, std::string> read_pointer(JsonValue root,
                                                                   const std::string& pointer) {
  const JsonValue value = find_at(root, pointer);
  if (!value || value.kind() == JsonKind::null || value.text() == "false") return std::nullopt;
  if (!value.is_scalar() || value.kind() == JsonKind::truth)
    return fmt::format("{} is neither text nor number", quoted(pointer));
  if (value.text().empty()) return std::nullopt;
  return std::optional<std::string>(value.text());
}

}  // namespace

std::vector<std::pair<std::string, std::string>> Pager::query() const {
  std::vector<std::pair<std::string, std::string>> query;
  const auto add = [&query](const std::string& name, std::string value) {
    if (!name.empty()) query.emplace_back(name, std::move(value));
  };
  if (pagination_.kind == PaginationKind::none || pagination_.kind == PaginationKind::link) return query;
  if (pagination_.page_size > 0) add(pagination_.size_parameter, std::to_string(pagination_.page_size));
  if (pagination_.kind == PaginationKind::page) add(pagination_.parameter, std::to_string(page_));
  if (pagination_.kind == PaginationKind::offset) add(pagination_.parameter, std::to_string(offset_));
  if (pagination_.kind == PaginationKind::cursor && !cursor_.empty()) add(pagination_.parameter, cursor_);
  return query;
}

std::variant<bool, std::string> Pager::advance(const WebAddress& asked, const TransferResponse& response,
                                               JsonValue root, std::size_t records, JsonValue last) {
  std::variant<bool, std::string> more = false;
  switch (pagination_.kind) {
    case PaginationKind::none:
      break;
    case PaginationKind::cursor:
      more = advance_cursor(response, root, last);
      break;
    case PaginationKind::link:
      more = advance_link(asked, response, root);
      break;
    case PaginationKind::page:
    case PaginationKind::offset:
      more = advance_count(response, root, records);
      break;
  }
  const bool* goes_on = std::get_if<bool>(&more);
  if (goes_on == nullptr || !*goes_on) return more;
  if (pages_ >= pagination_.most_pages) return fmt::format("more than {} pages", pagination_.most_pages);
  empty_pages_ = records == 0 ? empty_pages_ + 1 : 0;
  if (empty_pages_ > kMostEmptyPages)
    return fmt::format("{} pages in a row had no record, and lead on", empty_pages_);
  ++pages_;
  return true;
}

std::variant<bool, std::string> Pager::advance_cursor(const TransferResponse& response, JsonValue root,
                                                      JsonValue last) {
  const bool asks_more = !pagination_.more_pointer.empty();
  if (asks_more) {
    const JsonValue more = find_at(root, pagination_.more_pointer);
    if (!more || !more.is_scalar() || more.text() != "true") return false;
  }
  std::optional<std::string> next;
  if (!pagination_.cursor_header.empty()) {
    const std::string* header = response.header(pagination_.cursor_header);
    if (header != nullptr && !header->empty()) next = *header;
  } else {
    const bool of_last = !pagination_.cursor_last.empty();
    auto found = of_last ? read_pointer(last, pagination_.cursor_last)
                         : read_pointer(root, pagination_.cursor_pointer);
    if (auto* problem = std::get_if<std::string>(&found)) return std::move(*problem);
    next = std::get<std::optional<std::string>>(std::move(found));
  }
  if (!next && asks_more) return "says that more follows, and not where";
  if (!next) return false;
  if (!seen_.insert(*next).second) return "leads back to a cursor seen before: a loop";
  cursor_ = *std::move(next);
  return true;
}

std::variant<bool, std::string> Pager::advance_link(const WebAddress& asked, const TransferResponse& response,
                                                    JsonValue root) {
  std::optional<std::string> next;
  if (pagination_.cursor_pointer.empty()) {
    for (const auto& [name, value] : response.headers) {
      if (!next && name == "link") next = next_link(value);
    }
  } else {
    auto found = read_pointer(root, pagination_.cursor_pointer);
    if (auto* problem = std::get_if<std::string>(&found)) return std::move(*problem);
    next = std::get<std::optional<std::string>>(std::move(found));
  }
  if (!next) return false;
  seen_.insert(asked.url);
  auto address = resolve_reference(asked, *next);
  if (!address) return "leads to what is no http or https URL";
  if (!address->same_origin(asked)) {
    return fmt::format("leads to another host, {}: not followed", address->place());
  }
  if (!seen_.insert(address->url).second) return "leads back to a page read before: a loop";
  address_ = std::move(address);
  return true;
}

// Servers give fewer records at a time than they are asked for (500 wanted, 100 come). Where a total tells
// that more follow, the walk goes by what came, up to the total; without one, a page that is not full is the
// last, for nothing else would end it.
std::variant<bool, std::string> Pager::advance_count(const TransferResponse& response, JsonValue root,
                                                     std::size_t records) {
  const auto count = static_cast<std::int64_t>(records);
  const bool by_page = pagination_.kind == PaginationKind::page;
  const bool total_is_pages = by_page && !pagination_.total_is_records;
  if (const auto total = read_total(root, pagination_.total_pointer)) total_ = total;
  fullest_ = std::max(fullest_, count);
  const bool by_what_came = pagination_.page_size == 0 || (total_ && by_ == PagedBy::records);
  const std::int64_t in_records = by_what_came ? count : pagination_.page_size;
  const std::int64_t step = total_is_pages ? 1 : in_records;
  if (total_) {
    // A single page is often announced where there is nothing.
    const bool announced = walked_ < *total_ && (!total_is_pages || walked_ > 0);
    if (records == 0 && announced) {
      const bool some_came = !total_is_pages && walked_ > 0;
      return "is empty, and " + (some_came ? shortfall(walked_) : fmt::format("{} are announced", *total_));
    }
    if (walked_ + step >= *total_) return false;
  } else if (records == 0 || (pagination_.page_size > 0 && count < pagination_.page_size)) {
    return false;
  }
  const std::size_t body = std::hash<std::string_view>()(response.body);
  if (pages_ > 1 && body == last_body_) {
    // Some give their last page again for each page after it.
    if (total_ && !total_is_pages && pages_ > 2)
      return "the same as the page before, and " + shortfall(walked_);
    return fmt::format("the same as the page before: does the server know the parameter {}?",
                       quoted(pagination_.parameter));
  }
  last_body_ = body;
  ++page_;
  offset_ += in_records;
  walked_ += step;
  return true;
}

std::string Pager::shortfall(std::int64_t came) const {
  const std::string text = fmt::format("{} of {} announced records came: ", came, *total_);
  if (fullest_ < pagination_.page_size) {
    return text +
           fmt::format("the server gives at most {} at a time, so write \"size: {}\"", fullest_, fullest_);
  }
  return text + "if \"total\" counts others as well, leave it out";
}

std::optional<std::string> next_link(std::string_view link_header) {
  while (!link_header.empty()) {
    link_header = trimmed(link_header);
    if (!link_header.starts_with('<')) return std::nullopt;
    const std::size_t close = link_header.find('>');
    if (close == std::string_view::npos) return std::nullopt;
    const std::string_view target = link_header.substr(1, close - 1);
    link_header.remove_prefix(close + 1);
    bool next = false;
    for (;;) {
      next = next || is_next(take_until(link_header, ";,"));
      if (!link_header.starts_with(';')) break;
      link_header.remove_prefix(1);
    }
    if (next) return std::string(target);
    if (!link_header.empty()) link_header.remove_prefix(1);
  }
  return std::nullopt;
}

}  // namespace tightrope::collectors
