// `pagination:` and what else bounds the requests of a poll.
#include <fmt/format.h>

#include <algorithm>

#include "config/http_readers.h"

namespace tightrope::config {
namespace {

constexpr Range<std::int64_t> kPageSize{1, 100'000};

void read_page_size(MappingReader& in, Pagination& pagination) {
  pagination.size_parameter = in.text("size_parameter").value_or("");
  pagination.page_size = static_cast<int>(in.integer("size", kPageSize).value_or(0));
  if (!pagination.size_parameter.empty() && in.readable() && !in.has("size")) {
    in.at().error("\"size_parameter\" is given, and \"size\" is not");
  }
}

// `path`, or `pointer` as it is called as well.
std::string read_either(MappingReader& in) {
  const auto path = in.get("path", Shape::text);
  const auto pointer = in.get("pointer", Shape::text);
  if (path && pointer) pointer->at_key().error("\"path\" and \"pointer\" are the same; keep one");
  return read_path(path ? path : pointer, PathFrom::answer);
}
bool has_either(const MappingReader& in) {
  return in.has("path") || in.has("pointer");
}

void read_cursor(const Cursor& at, Pagination& pagination) {
  pagination.kind = PaginationKind::cursor;
  MappingReader in(at, kCursorKeys);
  pagination.cursor_pointer = read_either(in);
  pagination.cursor_header = read_header_name(in.get("header", Shape::text));
  pagination.cursor_last = read_path(in.get("last", Shape::text), PathFrom::record);
  pagination.more_pointer = read_path(in.get("more", Shape::text), PathFrom::answer);
  pagination.parameter = in.text("parameter").value_or("");
  read_page_size(in, pagination);
  const int given = (has_either(in) ? 1 : 0) + (in.has("header") ? 1 : 0) + (in.has("last") ? 1 : 0);
  if (given != 1 && in.readable()) {
    at.error(given == 0 ? "does not say where the cursor is" : "says more than one place of the cursor",
             "give one of path, header or last");
  }
  if (given == 1 && in.has("last") && pagination.more_pointer.empty())
    at.error("a cursor that is the last record's needs \"more\"",
             "the path to whether more follows: every page has a last record");
}

void read_link(const Cursor& at, Pagination& pagination) {
  pagination.kind = PaginationKind::link;
  MappingReader in(at, kLinkKeys);
  const auto relation = in.get("rel", Shape::choice);
  if (relation) relation->choice(kLinkKeys.find("rel")->choices);
  pagination.cursor_pointer = read_either(in);
  if (relation && has_either(in)) relation->error("\"rel\" and a path are both given; keep one");
  if (in.readable() && !in.has("rel") && !has_either(in))
    at.error("key \"rel\" or \"path\" is missing", "rel: next for the Link header");
}

}  // namespace

Pagination read_pagination(const Cursor& at) {
  MappingReader in(at, kPaginationKeys);
  Pagination pagination;
  const auto cursor = in.get("cursor", Shape::mapping);
  const auto page = in.get("page", Shape::mapping);
  const auto offset = in.get("offset", Shape::mapping);
  const auto link = in.get("link", Shape::mapping);
  const int given = (cursor ? 1 : 0) + (page ? 1 : 0) + (offset ? 1 : 0) + (link ? 1 : 0);
  if (given != 1 && in.readable()) {
    at.error(given == 0 ? "says nothing" : "says more than one way",
             "give one of cursor, page, offset or link");
  }
  if (cursor) read_cursor(*cursor, pagination);
  if (page) {
    pagination.kind = PaginationKind::page;
    MappingReader inner(*page, kPageKeys);
    pagination.parameter = inner.text("parameter").value_or("");
    pagination.first_page = static_cast<int>(inner.integer("first", {0, 1}).value_or(1));
    const auto pages = inner.get("pages", Shape::text);
    const auto total = inner.get("total", Shape::text);
    pagination.total_pointer = read_path(pages ? pages : total, PathFrom::answer);
    pagination.total_is_records = !pages && total;
    read_page_size(inner, pagination);
    if (pages && total) total->at_key().error("\"pages\" is given as well; keep one");
    if (pagination.total_is_records && !inner.has("size"))
      total->at_key().error("the number of records needs the \"size\" of a page");
  }
  if (offset) {
    pagination.kind = PaginationKind::offset;
    MappingReader inner(*offset, kOffsetKeys);
    pagination.parameter = inner.text("parameter").value_or("");
    pagination.first_offset = static_cast<int>(inner.integer("first", {0, 1}).value_or(0));
    pagination.total_pointer = read_path(inner.get("total", Shape::text), PathFrom::answer);
    read_page_size(inner, pagination);
  }
  if (link) read_link(*link, pagination);
  return pagination;
}

// Where the next page is asked for: in a query parameter, or wherever the request has its name in braces.
void check_is_sent(const Cursor& at, const Pagination& pagination, const HttpRequest& request) {
  std::string_view name;
  if (pagination.kind == PaginationKind::cursor) name = "cursor";
  if (pagination.kind == PaginationKind::page) name = "page";
  if (pagination.kind == PaginationKind::offset) name = "offset";
  if (name.empty() || !pagination.parameter.empty()) return;
  const auto has = [name](const std::string& text) {
    const auto names = names_in_braces(text);
    return std::any_of(names.begin(), names.end(), [name](const auto& found) { return found.name == name; });
  };
  const auto any_has = [&has](const TextPairs& pairs) {
    return std::any_of(pairs.begin(), pairs.end(), [&has](const auto& pair) { return has(pair.second); });
  };
  if (has(request.url) || has(request.raw_query) || has(request.body) || any_has(request.query) ||
      any_has(request.headers) || any_has(request.form)) {
    return;
  }
  at.error("nothing sends it",
           fmt::format("give \"parameter\" for the query, or write \"{{{}}}\" into the body", name));
}

int read_max_days(const std::optional<Cursor>& at) {
  return static_cast<int>((at ? at->integer({1, 400}) : std::nullopt).value_or(0));
}

int read_max_pages(const std::optional<Cursor>& at) {
  return static_cast<int>((at ? at->integer({1, 100'000}) : std::nullopt).value_or(Pagination().most_pages));
}

RateLimits read_limits(const Cursor& at, TemplateNames* names) {
  MappingReader in(at, kRateLimitKeys);
  RateLimits limits;
  for (const auto& item : in.mappings("rates")) {
    MappingReader inner(item, kRateKeys);
    RateLimits::Rate rate;
    rate.requests = static_cast<int>(inner.integer("requests", {1, 1'000'000}).value_or(1));
    rate.in = inner.duration("in", {std::chrono::milliseconds(1), std::chrono::hours(24)}).value_or(rate.in);
    limits.rates.push_back(rate);
  }
  limits.concurrent = static_cast<int>(in.integer("concurrent", {1, 1000}).value_or(0));
  const auto account = in.get("account", Shape::text_template);
  limits.account = (account ? account->text() : std::nullopt).value_or("");
  if (account && names != nullptr) names->check(*account, limits.account, {});
  if (in.readable() && limits.rates.empty() && !in.has("concurrent") && !in.has("account") &&
      !in.has("rates")) {
    at.error("says nothing", "give rates, concurrent or account");
  }
  return limits;
}

}  // namespace tightrope::config
