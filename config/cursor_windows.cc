// Cursor's days and stretches of days: named windows, periods, and flights in both their forms.
#include <fmt/format.h>

#include "config/yaml_cursor.h"

namespace tightrope::config {
namespace {

using Kind = rules::Window::Kind;

constexpr std::string_view kBetweenDays = "..";

// Reports, at its place, what keeps two days from being a flight.
std::optional<rules::Window> flight(const Cursor& at, rules::Day first, rules::Day last) {
  if (last < first) {
    at.error(fmt::format("the last day, {}, is before the first, {}", to_string(last), to_string(first)));
    return std::nullopt;
  }
  const int days = last - first + 1;
  if (days > rules::Window::kMostDays) {
    at.error(fmt::format("a flight has at most {} days, and this one has {}", rules::Window::kMostDays, days),
             "divide it into several targets or budgets");
    return std::nullopt;
  }
  return rules::Window{Kind::flight, 1, first, last};
}

std::optional<rules::Window> flight_of_mapping(const Cursor& at) {
  MappingReader in(at, kFlightKeys);
  const auto from = in.get("from", Shape::text);
  const auto to = in.get("to", Shape::text);
  const auto first = from ? from->day() : std::nullopt;
  const auto last = to ? to->day() : std::nullopt;
  if (!first || !last) return std::nullopt;
  return flight(at, *first, *last);
}

std::optional<rules::Window> flight_of_text(const Cursor& at, std::string_view text, std::size_t dots) {
  std::optional<rules::Day> days[2];
  const std::string_view parts[2]{text.substr(0, dots), text.substr(dots + kBetweenDays.size())};
  for (int i = 0; i < 2; ++i) {
    days[i] = rules::parse_day(parts[i]);
    if (days[i]) continue;
    at.error_at(i == 0 ? 0 : dots + kBetweenDays.size(), fmt::format("{} is not a date", in_quotes(parts[i])),
                "write two days, such as 2026-11-01..2026-12-24");
  }
  if (!days[0] || !days[1]) return std::nullopt;
  return flight(at, *days[0], *days[1]);
}

// Both forms of a flight; nothing at all, and nothing reported, for other texts.
bool is_flight(const Cursor& at) {
  const Node& node = at.node();
  return node.kind == NodeKind::mapping ||
         (node.kind == NodeKind::scalar && node.text.find(kBetweenDays) != std::string::npos);
}

std::optional<rules::Window> read_flight(const Cursor& at) {
  if (at.node().kind == NodeKind::mapping) return flight_of_mapping(at);
  const std::string& text = at.node().text;
  return flight_of_text(at, text, text.find(kBetweenDays));
}

}  // namespace

std::optional<rules::Day> Cursor::day() const {
  const auto value = text();
  if (!value) return std::nullopt;
  const auto day = rules::parse_day(*value);
  if (!day) {
    error(fmt::format("{} is not a date", in_quotes(node_->text)), "write YYYY-MM-DD, such as 2026-01-31");
  }
  return day;
}

std::optional<rules::Window> Cursor::window() const {
  if (is_flight(*this)) return read_flight(*this);
  const auto value = raw();
  if (!value) return std::nullopt;
  const auto window = rules::parse_window(*value);
  if (!window) {
    error(fmt::format("{} is not a window", in_quotes(node_->text)),
          fmt::format("write 1h to {}h, 1d to {}d, yesterday, today, week, month, quarter, or two days: "
                      "2026-11-01..2026-12-24",
                      rules::Window::kMostHours, rules::Window::kMostDays));
  }
  return window;
}

std::optional<rules::Window> Cursor::period() const {
  if (is_flight(*this)) return read_flight(*this);
  const auto value = raw();
  if (!value) return std::nullopt;
  const auto window = rules::parse_window(*value);
  if (window && (window->kind == Kind::week || window->kind == Kind::month || window->kind == Kind::quarter))
    return window;
  const std::vector<std::string> names{"week", "month", "quarter"};
  std::string hint = did_you_mean(rules::nearest_name(*value, names));
  if (hint.empty()) hint = "or write two days: 2026-11-01..2026-12-24";
  error(fmt::format("{} is not one of week, month, quarter", in_quotes(node_->text)), std::move(hint));
  return std::nullopt;
}

}  // namespace tightrope::config
