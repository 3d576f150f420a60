#include "collectors/calendar_figures.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "collectors/field_mapping.h"
#include "collectors/utf8.h"
#include "rules/entity.h"

namespace tightrope::collectors {
namespace {

using config::CalendarMeasure;
using config::CalendarRule;
using config::CalendarText;

std::string folded(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

bool matches_any(const std::vector<std::string>& patterns, std::string_view text) {
  const std::string lower = folded(text);
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return rules::glob_match(folded(pattern), lower); });
}

// The first of its categories that the rule is for, or the first at all.
std::string_view category_for(const CalendarRule& rule, const CalendarEvent& event) {
  for (const std::string& category : event.categories) {
    if (matches_any(rule.categories, category)) return category;
  }
  return event.categories.empty() ? std::string_view() : std::string_view(event.categories.front());
}

bool fits(const CalendarRule& rule, const CalendarEvent& event) {
  if (!rule.summaries.empty() && !matches_any(rule.summaries, event.summary)) return false;
  return rule.categories.empty() ||
         std::any_of(event.categories.begin(), event.categories.end(),
                     [&](const std::string& category) { return matches_any(rule.categories, category); });
}

class Figures {
 public:
  Figures(const rules::Calendar& calendar, rules::DayRange days, FigureTable& table)
      : calendar_(calendar), days_(days), table_(table) {}

  void add_zeros(const CalendarRule& rule) {
    if (!rule.dimensions.empty()) return;
    rules::Entity entity;
    for (const auto& [dimension, value] : rule.constants) entity.set(dimension, value);
    for (rules::Day day = days_.first; day <= days_.last; day = day + 1) {
      if (calendar_.hours_in(day) > 0) sum(rule, entity, day);
    }
  }

  std::optional<std::string> add(const CalendarRule& rule, const CalendarEvent& event,
                                 const CalendarOccurrence& occurrence) {
    if ((event.transparent && !rule.transparent) || (event.tentative && !rule.tentative)) return std::nullopt;
    rules::Entity entity;
    for (const auto& [dimension, value] : rule.constants) entity.set(dimension, value);
    for (const auto& [dimension, from] : rule.dimensions) {
      const std::string_view name =
          from == CalendarText::summary ? std::string_view(event.summary) : category_for(rule, event);
      if (name.size() > FieldMapper::kLongestName)
        return fmt::format("event {}: longer than {} bytes", quoted(name), FieldMapper::kLongestName);
      if (!is_utf8(name)) return fmt::format("event {}: not UTF-8", quoted(name));
      if (!name.empty()) entity.set(dimension, std::string(name));
    }
    if (occurrence.all_day) {
      add_all_day(rule, entity, occurrence);
    } else {
      add_timed(rule, entity, occurrence);
    }
    return std::nullopt;
  }

  std::optional<std::string> finish() {
    for (const auto& [key, milliseconds] : sums_) {
      const auto& [entity, metric, day, measure] = key;
      const rules::Amount amount = measure == CalendarMeasure::days
                                       ? rules::Amount::from_units(milliseconds > 0 ? 1 : 0)
                                       : rules::Amount::from_micros((milliseconds * 10 + 18) / 36);
      if (auto full = table_.add(entity, metric, {day}, amount)) return full;
    }
    return std::nullopt;
  }

 private:
  std::int64_t& sum(const CalendarRule& rule, const rules::Entity& entity, rules::Day day) {
    return sums_[{table_.entity(entity), table_.metric(rule.metric), day, rule.measure}];
  }

  void add_all_day(const CalendarRule& rule, const rules::Entity& entity,
                   const CalendarOccurrence& occurrence) {
    const rules::Day last = std::min(occurrence.days.last, days_.last);
    for (rules::Day day = std::max(occurrence.days.first, days_.first); day <= last; day = day + 1) {
      const rules::Duration whole = calendar_.start_of(day + 1) - calendar_.start_of(day);
      if (whole > rules::Duration(0)) sum(rule, entity, day) += rule.all_day.value_or(whole).count();
    }
  }

  void add_timed(const CalendarRule& rule, const rules::Entity& entity,
                 const CalendarOccurrence& occurrence) {
    const rules::Day first = std::max(calendar_.day_of(occurrence.begin), days_.first);
    for (rules::Day day = first; day <= days_.last; day = day + 1) {
      const rules::Timestamp begin = std::max(occurrence.begin, calendar_.start_of(day));
      const rules::Timestamp end = std::min(occurrence.end, calendar_.start_of(day + 1));
      if (end < begin || (end == begin && begin != occurrence.begin)) return;
      // An event without a length is on a day all the same.
      const std::int64_t passed = (end - begin).count();
      sum(rule, entity, day) +=
          rule.measure == CalendarMeasure::days ? std::max<std::int64_t>(passed, 1) : passed;
    }
  }

  using Key = std::tuple<std::uint32_t, std::uint32_t, rules::Day, CalendarMeasure>;
  const rules::Calendar& calendar_;
  rules::DayRange days_;
  FigureTable& table_;
  std::map<Key, std::int64_t> sums_;  // in milliseconds
};

}  // namespace

std::optional<std::string> add_calendar_figures(const config::IcalendarSource& source,
                                                const CalendarDocument& document,
                                                const rules::Calendar& calendar, rules::DayRange days,
                                                FigureTable& table) {
  if (document.events.empty()) return std::nullopt;
  Figures figures(calendar, days, table);
  for (const CalendarRule& rule : source.events) figures.add_zeros(rule);
  if (source.unmatched) figures.add_zeros(*source.unmatched);
  std::vector<const CalendarRule*> rule_of(document.events.size(), nullptr);
  for (std::size_t i = 0; i < document.events.size(); ++i) {
    const CalendarEvent& event = document.events[i];
    const auto found = std::find_if(source.events.begin(), source.events.end(),
                                    [&](const CalendarRule& rule) { return fits(rule, event); });
    if (found != source.events.end()) {
      rule_of[i] = &*found;
    } else if (source.unmatched) {
      rule_of[i] = &*source.unmatched;
    }
  }
  for (const CalendarOccurrence& occurrence : document.occurrences) {
    table.count_row();
    const CalendarRule* rule = rule_of[occurrence.event];
    if (rule == nullptr) continue;
    if (auto problem = figures.add(*rule, document.events[occurrence.event], occurrence)) return problem;
  }
  return figures.finish();
}

}  // namespace tightrope::collectors
