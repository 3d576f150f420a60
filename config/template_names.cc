#include "config/template_names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "config/scalars.h"

namespace tightrope::config {
namespace {

constexpr std::array<std::string_view, 3> kDays{"from", "to", "now"};

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}
bool is_day(std::string_view name) {
  return std::find(kDays.begin(), kDays.end(), name) != kDays.end();
}

std::string_view paging_name(PaginationKind kind) noexcept {
  switch (kind) {
    case PaginationKind::cursor:
      return "cursor";
    case PaginationKind::page:
      return "page";
    case PaginationKind::offset:
      return "offset";
    case PaginationKind::none:
    case PaginationKind::link:
      break;
  }
  return "";
}

// Why a name that requests have means nothing here; "" for other names.
std::string_view why_not(std::string_view name, PaginationKind paging) {
  if (is_day(name)) return "days are asked for in requests alone";
  if (name == "job") return "a report's name is known in poll and download alone";
  const bool pages = name == "cursor" || name == "page" || name == "offset";
  if (!pages) return "";
  if (paging == PaginationKind::none) return "nothing pages here";
  return "the pagination is of another kind";
}

}  // namespace

std::vector<NameInBraces> names_in_braces(std::string_view text) {
  std::vector<NameInBraces> found;
  for (std::size_t open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
    const std::size_t close = text.find_first_of("{}", open + 1);
    if (close == std::string_view::npos) break;
    if (text[close] != '}') continue;
    const std::string_view inside = text.substr(open + 1, close - open - 1);
    const std::size_t colon = inside.find(':');
    const std::string_view name = inside.substr(0, colon);
    if (!is_identifier(name)) continue;
    NameInBraces one{open + 1, name, {}, colon != std::string_view::npos, false};
    if (one.has_format) one.format = inside.substr(colon + 1);
    one.is_all = open == 0 && close + 1 == text.size();
    found.push_back(one);
  }
  return found;
}

void TemplateNames::check(const Cursor& at, std::string_view text, May may) {
  for (const NameInBraces& found : names_in_braces(text)) check_name(at, found, may);
}

void TemplateNames::check_name(const Cursor& at, const NameInBraces& found, May may) {
  const std::string name(found.name);
  const bool day = may.days && is_day(name);
  const bool page = !paging_name(may.paging).empty() && name == paging_name(may.paging);
  const bool secret = contains(secrets_, name);
  if (secret && !may.secrets) {
    used_.insert(name);
    at.error_at(found.offset, fmt::format("the secret {{{}}} would be seen here", name),
                "secrets belong in auth, headers and bodies");
    return;
  }
  if (!day && !page && !secret && !(may.job && name == "job") && !contains(parameters_, name)) {
    if (const auto why = why_not(name, may.paging); !why.empty()) {
      at.error_at(found.offset, fmt::format("{{{}}} has no meaning here", name), std::string(why));
      return;
    }
    std::vector<std::string> known = parameters_;
    if (may.secrets) known.insert(known.end(), secrets_.begin(), secrets_.end());
    if (may.days) known.insert(known.end(), kDays.begin(), kDays.end());
    if (may.job) known.emplace_back("job");
    if (const auto paging = paging_name(may.paging); !paging.empty()) known.emplace_back(paging);
    const std::string nearest = rules::nearest_name(name, known);
    std::string hint = nearest.empty() ? "" : fmt::format("did you mean {{{}}}?", nearest);
    if (hint.empty()) {
      hint = known.empty() ? "no names are known here; parameters are declared under parameters"
                           : fmt::format("known: {}", fmt::join(known, ", "));
    }
    at.error_at(found.offset, fmt::format("unknown name {{{}}}", name), std::move(hint));
    return;
  }
  used_.insert(name);
  if (!found.has_format) return;
  if (day) {
    std::string_view format = found.format;
    constexpr std::string_view kNumber = ":number";
    const bool number = format.ends_with(kNumber);
    if (number) format.remove_suffix(kNumber.size());
    if (number && (!may.numbers || !found.is_all))
      at.error_at(found.offset,
                  fmt::format("{{{}:{}}} stands alone, as a value of json", name, found.format));
    const std::string problem = check_date_part(format);
    if (!problem.empty())
      at.error_at(found.offset, fmt::format("the date format of {{{}}} {}", name, problem),
                  "such as %Y%m%d, unix or rfc3339");
  } else if (found.format != "number") {
    at.error_at(found.offset, fmt::format("{{{}}} takes no format", name),
                "formats are for {from}, {to} and {now}; {name:number} makes a number in json");
  } else if (!may.numbers || !found.is_all) {
    at.error_at(found.offset, fmt::format("{{{}:number}} stands alone, as a value of json", name));
  }
}

std::vector<std::string> TemplateNames::secrets_in(std::string_view text) const {
  std::vector<std::string> secrets;
  for (const NameInBraces& found : names_in_braces(text)) {
    if (contains(secrets_, found.name)) secrets.emplace_back(found.name);
  }
  return secrets;
}

}  // namespace tightrope::config
