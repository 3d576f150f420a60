#include "collectors/arrival_checks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "collectors/hash_mix.h"
#include "collectors/utf8.h"
#include "rules/format.h"

namespace tightrope::collectors {
namespace {

using rules::Day;
using rules::DayRange;
using rules::SourceFinding;
using rules::SourceFindingKind;

// What is found of a day that does not change any more is told for so long.
constexpr int kRecentDays = 7;
// Figures of yesterday may still be on their way.
constexpr int kLeastAge = 2;

std::string count_text(double count) {
  return rules::format_value(count, rules::Unit::count, "");
}

std::string_view weekday_name(Day day) {
  static constexpr std::array<std::string_view, 7> kNames{"Sundays",   "Mondays", "Tuesdays", "Wednesdays",
                                                          "Thursdays", "Fridays", "Saturdays"};
  return kNames[std::chrono::weekday(std::chrono::sys_days(std::chrono::days(day.number))).c_encoding()];
}

// The figures of the same weekday in the weeks before that were read when they were over, the latest first.
std::vector<double> same_weekday(const ArrivalMemory& memory, Day day) {
  std::vector<double> figures;
  for (int week = 1; week <= 4; ++week) {
    const auto known = memory.days().find(day - 7 * week);
    if (known != memory.days().end() && known->second.over) figures.push_back(known->second.figures);
  }
  return figures;
}

// REQUIRES: not empty.
double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::string list_of(const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kMost); ++i)
    text += fmt::format("{}\"{}\"", i == 0 ? "" : ", ", printable(names[i], 40));
  if (names.size() > kMost) text += fmt::format(" and {} more", names.size() - kMost);
  return text;
}

// Names such as "2026-11-20" or "Nov 2026" come and go in tables that are spread over dates.
bool is_dated(std::string_view name) {
  return std::count_if(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; }) >= 4;
}

std::vector<std::string> sorted_columns(const std::vector<std::string>& columns) {
  std::vector<std::string> sorted;
  std::copy_if(columns.begin(), columns.end(), std::back_inserter(sorted),
               [](const std::string& name) { return !name.empty() && !is_dated(name); });
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  return sorted;
}

std::vector<std::string> less(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<std::string> rest;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(rest));
  return rest;
}

// Until so many records were seen, nothing is usual; and an answer with fewer lacks fields by chance.
constexpr std::uint64_t kRecordsToKnow = 50;
constexpr std::uint64_t kRecordsToJudge = 10;
// After so many days the new shape is the usual one.
constexpr int kSchemaSettles = 7;

constexpr std::uint8_t kKinds = FieldFact::kNumber | FieldFact::kText;

std::string drift_text(const std::vector<std::string>& gone, const std::vector<std::string>& fresh,
                       const std::vector<std::string>& to_text, const std::vector<std::string>& to_number) {
  std::vector<std::string> parts;
  if (!gone.empty()) parts.push_back(fmt::format("gone: {}", list_of(gone)));
  if (!to_text.empty()) parts.push_back(fmt::format("now text instead of numbers: {}", list_of(to_text)));
  if (!to_number.empty()) parts.push_back(fmt::format("now numbers instead of text: {}", list_of(to_number)));
  if (!fresh.empty()) parts.push_back(fmt::format("new: {}", list_of(fresh)));
  return fmt::format("The answers have other fields than before; {}.", fmt::join(parts, "; "));
}

// Equal reads of one day lead to equal findings; most reads are like the one before.
std::uint64_t hash_of(const Collected& collected, Day today) {
  std::uint64_t hash = mixed(static_cast<std::uint64_t>(today.number), collected.rows_read);
  if (collected.complete) {
    hash = mixed(hash, static_cast<std::uint64_t>(collected.complete->first.number));
    hash = mixed(hash, static_cast<std::uint64_t>(collected.complete->last.number));
  }
  for (const std::string& column : collected.facts.columns)
    hash = mixed(hash, std::hash<std::string>()(column));
  for (const FieldFact& field : collected.facts.fields)
    hash = mixed(hash, std::hash<std::string>()(field.name) + field.seen);
  hash = mixed(hash, collected.facts.duplicates.count);
  for (const rules::Entity& entity : collected.batch.entities) {
    for (const std::string& value : entity.path) hash = mixed(hash, std::hash<std::string>()(value));
    hash = mixed(hash, entity.path.size());
  }
  for (const std::string& metric : collected.batch.metrics)
    hash = mixed(hash, std::hash<std::string>()(metric));
  for (const auto& row : collected.batch.rows) {
    hash = mixed(hash, (std::uint64_t{row.entity} << 32) | row.metric);
    hash = mixed(hash, (static_cast<std::uint64_t>(static_cast<std::uint32_t>(row.bucket.day.number)) << 8) |
                           static_cast<std::uint8_t>(row.bucket.hour));
    hash = mixed(hash, static_cast<std::uint64_t>(row.value.micros()));
  }
  return hash;
}

}  // namespace

Findings find_schema_drift(const ArrivalFacts& facts, std::uint64_t records, Day today, UsualSchema& schema) {
  const std::vector<std::string> columns = sorted_columns(facts.columns);
  std::vector<std::string> gone, fresh, to_text, to_number;
  if (!columns.empty() && !schema.columns.empty()) {
    gone = less(schema.columns, columns);
    fresh = less(columns, schema.columns);
  }
  if (records >= kRecordsToJudge && schema.records >= kRecordsToKnow) {
    for (const FieldFact& field : facts.fields) {
      const auto usual = schema.fields.find(field.name);
      if (usual == schema.fields.end()) continue;
      const std::uint8_t was = usual->second;
      const bool all_absent = field.seen == FieldFact::kAbsent;
      if (all_absent && (was & kKinds) != 0 && (was & FieldFact::kAbsent) == 0 &&
          std::find(gone.begin(), gone.end(), field.name) == gone.end())
        gone.push_back(field.name);
      const std::uint8_t is = field.seen & kKinds;
      if ((was & kKinds) == FieldFact::kNumber && is == FieldFact::kText) to_text.push_back(field.name);
      if ((was & kKinds) == FieldFact::kText && is == FieldFact::kNumber) to_number.push_back(field.name);
    }
  }
  const bool same = gone.empty() && fresh.empty() && to_text.empty() && to_number.empty();
  if (!same && !schema.other_since) schema.other_since = today;
  if (!same && today - *schema.other_since < kSchemaSettles) {
    return {{.kind = SourceFindingKind::schema_drift,
             .entity = {},
             .days = {*schema.other_since, today},
             .text = drift_text(gone, fresh, to_text, to_number)}};
  }
  if (!same) schema.fields.clear();
  schema.other_since.reset();
  if (!columns.empty()) schema.columns = columns;
  for (const FieldFact& field : facts.fields) schema.fields[field.name] |= field.seen;
  // Enough is enough: the number is compared, not counted on.
  schema.records = std::min(schema.records + records, kRecordsToKnow);
  return {};
}

Findings find_duplicate_rows(const DuplicateRows& rows) {
  if (rows.count == 0) return {};
  const std::string about = rules::to_string(rows.example);
  return {{.kind = SourceFindingKind::duplicate_rows,
           .entity = {},
           .days = rows.days,
           .text = fmt::format(
               "{} {} another one to the last figure, and {} counted twice: the first is of {} on {}.",
               count_text(static_cast<double>(rows.count)), rows.count == 1 ? "row repeats" : "rows repeat",
               rows.count == 1 ? "is" : "are", about.empty() ? "the account" : printable(about, 100),
               rules::to_string(rows.days.first))}};
}

// A day is unusual when its figures are fewer than a third or more than three times what its weekday usually
// has, and beyond all that was seen in the weeks before: a month of fewer campaigns has its own usual, and
// only the first day of a change stands out.
Findings find_unusual_volume(const ArrivalMemory& memory, Day today) {
  constexpr double kFar = 3;
  constexpr double kBeyond = 1.5;
  constexpr double kLeastUsual = 20;  // figures; below, chance rules
  constexpr std::size_t kLeastWeeks = 3;
  constexpr int kLeastDays = 21;
  constexpr int kLooksBack = 28;
  Findings found;
  for (Day day = today - kRecentDays; day <= today - kLeastAge; day = day + 1) {
    const auto known = memory.days().find(day);
    // One without any figure is find_empty_days()'s.
    if (known == memory.days().end() || !known->second.over || known->second.figures == 0) continue;
    const std::vector<double> weekdays = same_weekday(memory, day);
    if (weekdays.size() < kLeastWeeks) continue;
    const double usual = median(weekdays);
    const double figures = known->second.figures;
    const bool few = figures * kFar < usual;
    const bool many = figures > usual * kFar;
    if ((!few && !many) || usual < kLeastUsual) continue;
    int days = 0;
    double least = std::numeric_limits<double>::infinity();
    double most = 0;
    for (auto before = memory.days().lower_bound(day - kLooksBack); before != known; ++before) {
      if (!before->second.over || before->second.figures == 0) continue;
      ++days;
      least = std::min<double>(least, before->second.figures);
      most = std::max<double>(most, before->second.figures);
    }
    if (days < kLeastDays) continue;
    if (few ? figures * kBeyond > least : figures < most * kBeyond) continue;
    found.push_back({.kind = SourceFindingKind::unusual_volume,
                     .entity = {},
                     .days = {day, day},
                     .text = fmt::format("{} figures for {}, where {} usually have {}.", count_text(figures),
                                         rules::to_string(day), weekday_name(day), count_text(usual))});
  }
  return found;
}

// A day without a figure is strange where later days have some, its weekday always has, and hardly any day is
// empty otherwise.
Findings find_empty_days(const ArrivalMemory& memory, Day today) {
  constexpr std::size_t kLeastWeeks = 2;
  constexpr int kLeastDays = 14;
  constexpr double kLeastUsual = 4;  // figures: a shop with one order a day has days without
  constexpr double kMostEmpty = 0.1;
  Findings found;
  for (Day day = today - kRecentDays; day <= today - kLeastAge; day = day + 1) {
    const auto known = memory.days().find(day);
    if (known == memory.days().end() || !known->second.over || known->second.figures > 0) continue;
    const auto later = std::find_if(std::next(known), memory.days().end(),
                                    [](const auto& one) { return one.second.figures > 0; });
    if (later == memory.days().end()) continue;
    const std::vector<double> weekdays = same_weekday(memory, day);
    if (weekdays.size() < kLeastWeeks ||
        std::any_of(weekdays.begin(), weekdays.end(), [](double figures) { return figures == 0; }))
      continue;
    int days = 0;
    int empty = 0;
    std::vector<double> figures;
    for (auto before = memory.days().begin(); before != known; ++before) {
      if (!before->second.over) continue;
      const auto usual = same_weekday(memory, before->first);
      const bool always_empty =
          !usual.empty() && std::all_of(usual.begin(), usual.end(), [](double of) { return of == 0; });
      if (before->second.figures == 0 && always_empty) continue;  // a weekend
      ++days;
      if (before->second.figures == 0) ++empty;
      if (before->second.figures > 0) figures.push_back(before->second.figures);
    }
    if (days < kLeastDays || empty > kMostEmpty * days || figures.empty() || median(figures) < kLeastUsual)
      continue;
    found.push_back({.kind = SourceFindingKind::empty_day,
                     .entity = {},
                     .days = {day, day},
                     .text = fmt::format("No figures for {}, where {} usually have {}; {} has come since.",
                                         rules::to_string(day), weekday_name(day),
                                         count_text(median(weekdays)), rules::to_string(later->first))});
  }
  return found;
}

// A campaign that pays and is not seen: only where it was seen before, or others of its channel are, for a
// fair or a radio spot has no impressions to report; and only where so many would be due that chance is out
// of question.
Findings find_spend_without_impressions(const ArrivalMemory& memory, Day today) {
  constexpr double kLeastDue = 100;
  struct Sums {
    double spend = 0, impressions = 0;
  };
  std::map<std::string, Sums, std::less<>> channels;
  for (const auto& [entity, days] : memory.campaigns()) {
    for (const auto& [day, totals] : days) {
      if (!(totals.spend > 0) || !(totals.impressions > 0)) continue;
      Sums& sums = channels[std::string(entity.at(0))];
      sums.spend += totals.spend;
      sums.impressions += totals.impressions;
    }
  }
  std::vector<std::pair<double, SourceFinding>> found;  // by spend
  for (const auto& [entity, days] : memory.campaigns()) {
    Sums own;
    double spend = 0;
    std::optional<DayRange> unseen;
    for (const auto& [day, totals] : days) {
      if (totals.spend > 0 && totals.impressions > 0) {
        own.spend += totals.spend;
        own.impressions += totals.impressions;
      }
      const auto known = memory.days().find(day);
      const bool over = known != memory.days().end() && known->second.over;
      if (!over || today - day < kLeastAge || today - day > kRecentDays) continue;
      if (!(totals.spend > 0) || totals.impressions > 0) continue;
      spend += totals.spend;
      if (!unseen) unseen = {day, day};
      unseen->last = day;
    }
    if (!unseen) continue;
    const auto channel = channels.find(entity.at(0));
    const bool has_channel = !entity.at(0).empty() && channel != channels.end();
    const Sums& rate = own.spend > 0 || !has_channel ? own : channel->second;
    if (!(rate.spend > 0)) continue;
    const double due = spend * rate.impressions / rate.spend;
    if (due < kLeastDue) continue;
    const std::string when =
        unseen->length() == 1
            ? fmt::format("on {}", rules::to_string(unseen->first))
            : fmt::format("from {} to {}", rules::to_string(unseen->first), rules::to_string(unseen->last));
    found.emplace_back(
        spend,
        SourceFinding{.kind = SourceFindingKind::spend_without_impressions,
                      .entity = entity,
                      .days = *unseen,
                      .text = fmt::format("{} spent {} {} without an impression; about {} would be usual.",
                                          printable(rules::to_string(entity), 100),
                                          rules::format_fixed(spend, 2), when, count_text(std::round(due)))});
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  Findings findings;
  for (auto& [weight, finding] : found) findings.push_back(std::move(finding));
  return findings;
}

ArrivalChecks::ArrivalChecks(std::vector<SourceFindingKind> ignored, bool rates,
                             const rules::Dimensions& dimensions)
    : ignored_(std::move(ignored)), rates_(rates), depth_(ArrivalMemory::campaign_depth(dimensions)) {}

bool ArrivalChecks::checks(SourceFindingKind kind) const noexcept {
  return std::find(ignored_.begin(), ignored_.end(), kind) == ignored_.end();
}

void ArrivalChecks::add(SourceFindingKind kind, Findings found) {
  if (!checks(kind)) return;
  if (found.size() > kMostOfAKind) found.resize(kMostOfAKind);
  std::move(found.begin(), found.end(), std::back_inserter(findings_));
}

void ArrivalChecks::arrived(const Collected& collected, Day today) {
  const std::uint64_t hash = hash_of(collected, today);
  if (last_ == hash) return;
  last_ = hash;
  findings_.clear();
  add(SourceFindingKind::schema_drift,
      find_schema_drift(collected.facts, collected.rows_read, today, memory_.schema));
  if (rates_) return;
  memory_.take(collected, today, depth_);
  add(SourceFindingKind::duplicate_rows, find_duplicate_rows(collected.facts.duplicates));
  add(SourceFindingKind::unusual_volume, find_unusual_volume(memory_, today));
  add(SourceFindingKind::empty_day, find_empty_days(memory_, today));
  add(SourceFindingKind::spend_without_impressions, find_spend_without_impressions(memory_, today));
  add(SourceFindingKind::conversions_stopped, find_stopped_conversions(memory_, today));
}

void ArrivalChecks::resume(ArrivalMemory memory, Findings findings) {
  memory_ = std::move(memory);
  findings_.clear();
  for (SourceFinding& finding : findings) {
    if (checks(finding.kind)) findings_.push_back(std::move(finding));
  }
  last_.reset();
}

void ArrivalChecks::unreadable(std::string_view error, Day today) {
  constexpr std::size_t kMostShown = 300;
  // What was never read right is a mistake in the configuration, and no drift.
  if (!checks(SourceFindingKind::schema_drift) || memory_.schema.records == 0) return;
  if (!memory_.schema.other_since) memory_.schema.other_since = today;
  last_.reset();
  std::erase_if(findings_,
                [](const SourceFinding& one) { return one.kind == SourceFindingKind::schema_drift; });
  findings_.insert(findings_.begin(), {.kind = SourceFindingKind::schema_drift,
                                       .entity = {},
                                       .days = {*memory_.schema.other_since, today},
                                       .text = fmt::format("The answers can no longer be read as before: {}.",
                                                           printable(error, kMostShown))});
}

}  // namespace tightrope::collectors
