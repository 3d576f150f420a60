// The bounds of a target: one figure, or figures with the dates they hold from.
#include <fmt/format.h>

#include <algorithm>

#include "config/readers.h"
#include "config/scalars.h"

namespace tightrope::config {
namespace {

struct Sides {
  double low = 0;
  double high = 0;
};

std::optional<double> read_figure(const Cursor& at, const rules::Kpi* kpi) {
  const auto text = at.text();
  if (!text) return std::nullopt;
  if (const auto percent = parse_percent(*text)) {
    if (kpi == nullptr || kpi->unit == rules::Unit::ratio) return percent;
    at.error(fmt::format("{} is a percentage, and {} is measured in {}", in_quotes(at.node().text), kpi->name,
                         to_string(kpi->unit)),
             "write a plain number");
    return std::nullopt;
  }
  const auto number = parse_number(*text);
  if (!number) {
    const bool comma = text->find(',') != std::string::npos;
    at.error(fmt::format("{} is not a figure", in_quotes(at.node().text)),
             comma ? "write 1234.5, with a point and no separators"
             : kpi != nullptr && kpi->unit == rules::Unit::ratio ? "write 0.03 or 3%"
             : kpi != nullptr && kpi->unit == rules::Unit::money
                 ? "write 45 or 0.5; it is in the client's currency"
                 : "write 45 or 0.5");
    return std::nullopt;
  }
  constexpr double kLargest = static_cast<double>(rules::Amount::kLargestUnits);
  if (*number > kLargest || *number < -kLargest) {
    at.error(fmt::format("{} is beyond the largest figure, {}", in_quotes(at.node().text),
                         rules::Amount::kLargestUnits));
    return std::nullopt;
  }
  return number;
}

std::optional<Sides> read_sides(const Cursor& at, rules::BoundKind kind, const rules::Kpi* kpi) {
  if (kind != rules::BoundKind::between) {
    const auto figure = read_figure(at, kpi);
    if (!figure) return std::nullopt;
    return kind == rules::BoundKind::at_most ? Sides{0, *figure} : Sides{*figure, 0};
  }
  const auto items = at.items();
  if (at.node().kind != NodeKind::sequence) return std::nullopt;
  if (items.size() != 2) {
    at.error(fmt::format("two figures belong here, and the list has {}", items.size()), "write [low, high]");
    return std::nullopt;
  }
  const auto low = read_figure(items[0], kpi);
  const auto high = read_figure(items[1], kpi);
  if (!low || !high) return std::nullopt;
  if (*low > *high) {
    at.error(fmt::format("the first figure, {}, is larger than the second, {}", format_number(*low),
                         format_number(*high)),
             "write [low, high]");
    return std::nullopt;
  }
  return Sides{*low, *high};
}

std::optional<rules::Bound> read_dated(const Cursor& at, rules::BoundKind kind, const rules::Kpi* kpi) {
  const bool between = kind == rules::BoundKind::between;
  MappingReader in(at, between ? kDatedRangeKeys : kDatedBoundKeys);
  const auto from = in.get("from", Shape::text);
  const auto value = in.get("value", between ? Shape::range : Shape::number);
  const auto sides = value ? read_sides(*value, kind, kpi) : std::nullopt;
  const auto day = from ? from->day() : std::optional(rules::kFirstDay);
  if (!day || !sides) return std::nullopt;
  return rules::Bound{*day, sides->low, sides->high};
}

}  // namespace

std::vector<rules::Bound> read_bounds(const Cursor& at, rules::BoundKind kind, const rules::Kpi* kpi) {
  const auto& node = at.node();
  const bool is_list = node.kind == NodeKind::sequence;
  const bool dated = is_list && (node.items.empty() || node.items.front().kind == NodeKind::mapping);
  if (!dated && (kind == rules::BoundKind::between || !is_list)) {
    const auto sides = read_sides(at, kind, kpi);
    if (!sides) return {};
    return {rules::Bound{rules::kFirstDay, sides->low, sides->high}};
  }
  std::vector<rules::Bound> bounds;
  const auto items = at.items();
  if (items.empty())
    at.error("an empty list bounds nothing", "write a figure, or {from: 2026-01-31, value: 45}");
  for (const auto& item : items) {
    const auto bound = read_dated(item, kind, kpi);
    if (!bound) continue;
    const bool taken = std::any_of(bounds.begin(), bounds.end(),
                                   [&bound](const rules::Bound& b) { return b.from == bound->from; });
    if (taken) {
      item.error(bound->from == rules::kFirstDay
                     ? std::string("another bound of this list has no from, and holds from the start")
                     : fmt::format("another bound of this list holds from {}", to_string(bound->from)));
    } else {
      bounds.push_back(*bound);
    }
  }
  std::sort(bounds.begin(), bounds.end(),
            [](const rules::Bound& a, const rules::Bound& b) { return a.from < b.from; });
  return bounds;
}

}  // namespace tightrope::config
