#include "daemon/commands/explanation_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "daemon/change_words.h"
#include "daemon/commands/table.h"
#include "daemon/evidence_words.h"
#include "daemon/explanation_words.h"
#include "daemon/http/api/presentation.h"
#include "rules/format.h"

namespace tightrope::daemon::commands {
namespace {

constexpr std::size_t kFewCells = 40;
constexpr std::size_t kFewDays = 21;
constexpr std::size_t kMostBefore = 3;  // earlier values shown of one cell
constexpr std::size_t kMostAlerts = 3;
constexpr std::size_t kMostMembers = 8;

// An input with its cells as they were learnt.
struct Column {
  const rules::ExplainedInput* input;
  bool of_formula;
  std::vector<PlacedCell> cells;
};

// What the verdict follows from: the formula's metrics, those of the minimum volume, and the spend where the
// stake is made of it.
std::vector<Column> columns_of(const Explained& explained) {
  using Kind = rules::ExplainedStake::Kind;
  const rules::Explanation& told = explained.explanation;
  const Kind stake = told.stake.kind;
  const bool spend_counts =
      stake == Kind::overspent || stake == Kind::share_of_spend || stake == Kind::all_spend;
  std::vector<Column> columns;
  for (const auto& input : told.inputs) columns.push_back({&input, true, learnt_cells(explained, input)});
  for (const auto& other : told.others) {
    const bool of_volume = std::ranges::any_of(
        told.volume, [&](const rules::ExplainedVolume& volume) { return volume.metric == other.metric; });
    if (of_volume || (spend_counts && other.metric == "spend"))
      columns.push_back({&other, false, learnt_cells(explained, other)});
  }
  return columns;
}

// "23:59" of the same day twice says nothing; both ends of a span do.
std::string span_text(const rules::Calendar& calendar, rules::Timestamp first, rules::Timestamp last) {
  const std::string begin = moment_text(calendar, first);
  const std::string end = moment_text(calendar, last);
  return begin == end ? begin : begin + " to " + end;
}

// What became of the figures of one metric in one bucket.
std::string note_of(const Explained& explained, const Column& column, rules::Bucket bucket) {
  std::size_t cells = 0;
  std::size_t restated = 0;
  std::int64_t before = 0;
  rules::Timestamp latest{};
  for (const PlacedCell& placed : column.cells) {
    if (placed.bucket != bucket) continue;
    ++cells;
    const LearntCell& cell = placed.cell;
    const bool known_before = cell.restated && !cell.before.empty();
    restated += cell.restated ? 1 : 0;
    if (cell.restated && cell.learnt) latest = std::max(latest, cell.learnt->learnt);
    const rules::Amount amount = known_before ? cell.before.back().value : cell.value;
    if (!amount.is_missing()) before += amount.micros();
  }
  if (restated == 0) return "";
  const std::string was = exact_text(rules::Amount::from_micros(before), column.input->unit);
  const std::string until = moment_text(explained.calendar, latest);
  if (cells == 1) return fmt::format("{} was {} until {}", column.input->metric, was, until);
  return fmt::format("{} was {} until {} ({} of {} restated)", column.input->metric, was, until, restated,
                     cells);
}

std::string learnt_of(const Explained& explained, const std::vector<Column>& columns, rules::Bucket bucket) {
  std::optional<rules::Timestamp> first, last;
  bool any = false;
  for (const Column& column : columns) {
    for (const PlacedCell& placed : column.cells) {
      if (placed.bucket != bucket) continue;
      any = true;
      if (!placed.cell.learnt) continue;
      const rules::Timestamp learnt = placed.cell.learnt->learnt;
      first = std::min(first.value_or(learnt), learnt);
      last = std::max(last.value_or(learnt), learnt);
    }
  }
  if (!first) return any ? "before the journal begins" : "-";
  return span_text(explained.calendar, *first, *last);
}

double kpi_of(const rules::Kpi& kpi, const rules::Explanation& told, std::size_t bucket) {
  std::vector<double> figures;
  for (const rules::ExplainedInput& input : told.inputs)
    figures.push_back(input.buckets.at(bucket).second.to_double());
  return kpi.formula.evaluate(figures);
}

// Figures over windows of their own stand each by itself: their buckets are not those of the others.
void print_input_by_input(const Explained& explained, const std::vector<Column>& columns, std::ostream& out) {
  for (const Column& column : columns) {
    const rules::ExplainedInput& input = *column.input;
    out << input.metric << (input.about.empty() ? "" : " (" + input.about + ")") << " = "
        << exact_text(input.sum, input.unit) << "\n";
    std::vector<Cells> rows;
    for (const auto& [bucket, amount] : input.buckets)
      rows.push_back({explained.calendar.format(bucket), exact_text(amount, input.unit)});
    if (!rows.empty()) print_table(out, {"BUCKET", "FIGURE"}, rows);
    out << "\n";
  }
}

void print_buckets(const Explained& explained, const std::vector<Column>& columns, std::ostream& out) {
  const rules::Explanation& told = explained.explanation;
  if (std::ranges::any_of(columns, [](const Column& column) { return !column.input->plain; })) {
    print_input_by_input(explained, columns, out);
    return;
  }
  const bool is_metric = told.kpi->formula.text() == told.inputs.front().metric;
  const auto value = [&](double number) {
    return rules::format_value(number, told.kpi->unit, explained.strategy->currency);
  };
  const bool by_hour = told.target->over.kind == rules::Window::Kind::hours;
  Cells header{by_hour ? "HOUR" : "DAY"};
  for (const Column& column : columns) header.push_back(column.input->metric);
  if (!is_metric) header.push_back(told.kpi->name);
  header.insert(header.end(), {"LEARNT", "RESTATED"});
  for (std::string& name : header)
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  std::vector<Cells> rows;
  for (std::size_t i = 0; i < told.inputs.front().buckets.size(); ++i) {
    const rules::Bucket bucket = told.inputs.front().buckets[i].first;
    Cells row{explained.calendar.format(bucket)};
    std::string notes;
    for (const Column& column : columns) {
      row.push_back(exact_text(column.input->buckets.at(i).second, column.input->unit));
      const std::string note = note_of(explained, column, bucket);
      if (!note.empty()) notes += (notes.empty() ? "" : ", ") + note;
    }
    const double of_bucket = kpi_of(*told.kpi, told, i);
    if (!is_metric) row.push_back(std::isnan(of_bucket) ? "unknown" : value(of_bucket));
    row.push_back(learnt_of(explained, columns, bucket));
    row.push_back(notes.empty() ? "-" : notes);
    rows.push_back(std::move(row));
  }
  Cells total{"total"};
  for (const Column& column : columns) total.push_back(exact_text(column.input->sum, column.input->unit));
  if (!is_metric) total.push_back(value(told.verdict.value));
  total.insert(total.end(), {"", ""});
  rows.push_back(std::move(total));
  print_table(out, header, rows);
}

std::string before_text(const Explained& explained, const LearntCell& cell, rules::Unit unit) {
  if (!cell.hours.empty()) {
    return fmt::format("sum of {} hours{}", cell.hours.size(), cell.restated ? ", some restated" : "");
  }
  if (cell.before.empty()) return "-";
  // What a day shows while it goes on is growth; only the last of it is of interest.
  const std::size_t most = cell.restated ? kMostBefore : 1;
  const std::size_t shown = std::min(most, cell.before.size());
  const std::size_t left_out = cell.before.size() - shown + cell.left_out;
  std::string text = cell.restated ? "restated, was " : "grew, was ";
  for (std::size_t i = 0; i < shown; ++i) {
    const KnownFigure& known = cell.before[cell.before.size() - 1 - i];
    if (i > 0) text += ", before that ";
    text += exact_text(known.value, unit) + " (learnt " + moment_text(explained.calendar, known.learnt) + ")";
  }
  if (left_out > 0) text += fmt::format(" and {} earlier", left_out);
  return text;
}

void print_cells(const Explained& explained, const std::vector<Column>& columns, std::ostream& out) {
  // By entity and bucket, then metric, as a reader goes through them.
  std::map<std::pair<std::uint32_t, rules::Bucket>, std::vector<Cells>> rows_of;
  for (const Column& column : columns) {
    for (const PlacedCell& placed : column.cells) {
      const LearntCell& cell = placed.cell;
      rows_of[{placed.member, placed.bucket}].push_back(
          {entity_text(explained.explanation.members[placed.member]),
           explained.calendar.format(placed.bucket), column.input->metric,
           exact_text(cell.value, column.input->unit),
           cell.learnt ? moment_text(explained.calendar, cell.learnt->learnt) : "before the journal begins",
           cell.learnt ? explained.history.source_name(cell.learnt->source) : "-",
           before_text(explained, cell, column.input->unit)});
    }
  }
  std::vector<Cells> rows;
  for (auto& [place, cells] : rows_of) rows.insert(rows.end(), cells.begin(), cells.end());
  print_table(out, {"ENTITY", "BUCKET", "METRIC", "VALUE", "LEARNT", "FROM", "BEFORE"}, rows);
}

// What each day says against "the target is met".
void print_evidence(const Explained& explained, std::ostream& out) {
  const std::vector<rules::ExplainedDay>& days = explained.explanation.evidence.days;
  const bool seasonal =
      std::ranges::any_of(days, [](const rules::ExplainedDay& day) { return day.season != 1; });
  Cells header{"EVIDENCE", "SEEN", "DUE", "ARRIVED", "DAYS VARY BY"};
  if (explained.explanation.evidence.scale != 1) header.emplace_back("ONE RESULT");
  if (seasonal) header.emplace_back("WEEKDAY");
  std::vector<Cells> rows;
  for (const rules::ExplainedDay& day : days) {
    Cells row{rules::format_day(day.day), rules::format_value(day.seen, rules::Unit::count, ""),
              rules::format_value(day.expected, rules::Unit::count, ""),
              fmt::format("{:.0f} %", day.arrived * 100),
              fmt::format("{:.0f} %", std::sqrt(day.day_variance) * 100)};
    if (explained.explanation.evidence.scale != 1)
      row.push_back(rules::format_value(day.jump, rules::Unit::money, explained.strategy->currency));
    if (seasonal) row.push_back(fmt::format("{:.2f}", day.season));
    rows.push_back(std::move(row));
  }
  print_table(out, header, rows);
}

void print_verdict(const Explained& explained, std::ostream& out) {
  const rules::Explanation& told = explained.explanation;
  const rules::Calendar& calendar = explained.calendar;
  std::string state(to_string(told.verdict.state));
  std::ranges::replace(state, '_', ' ');
  out << "verdict     " << state << ": " << rules::explain(told.verdict.reason) << "\n";
  const char* label = "value       ";
  for (const std::string& step : value_steps(explained)) {
    out << label << step << "\n";
    label = "            ";
  }
  out << "bound       " << bound_sentence(explained) << "\n";
  const std::string pace = pace_sentence(explained);
  if (!pace.empty()) out << "pace        " << pace << "\n";
  const std::string gap = gap_sentence(explained);
  if (!gap.empty()) out << "gap         " << gap << "\n";
  out << "stake       " << stake_sentence(explained) << "\n";
  for (const std::string& volume : volume_sentences(explained)) out << "volume      " << volume << "\n";
  const std::string evidence = evidence_sentence(explained);
  if (!evidence.empty()) out << "evidence    " << evidence << "\n";
  for (const std::string& line : {scatter_sentence(explained), confidence_sentence(explained)})
    if (!line.empty()) out << "            " << line << "\n";
  const std::pair<const char*, std::string> lines[] = {{"sure        ", sure_sentence(explained)},
                                                       {"since       ", since_sentence(explained)},
                                                       {"range       ", range_sentence(explained)},
                                                       {"arrived     ", arrival_sentence(explained)}};
  for (const auto& [name, line] : lines)
    if (!line.empty()) out << name << line << "\n";
  if (!told.why.driver.empty()) {
    out << "driver      " << printable(told.why.driver);
    for (const std::string& deeper : told.why.deeper) out << " > " << printable(deeper);
    out << "\n";
  }
  if (!told.why.reason.empty()) out << "why         " << printable(told.why.reason) << "\n";
  label = "change      ";
  for (const std::string& line : factor_sentences(told.why, *explained.strategy)) {
    out << label << line << "\n";
    label = "            ";
  }
  for (const std::string& line : segment_sentences(told.why, *explained.strategy))
    out << "            " << printable(line) << "\n";
  label = "alert       ";
  for (std::size_t i = 0; i < std::min(kMostAlerts, told.alerts.size()); ++i) {
    const rules::Alert& alert = told.alerts[i];
    out << label << printable(alert_sentence(alert, calendar)) << "\n";
    label = "            ";
  }
  if (told.alerts.empty()) out << "alert       none\n";
  if (told.members.size() != 1 || told.members.front() != told.entity) {
    out << "summed over " << told.members.size() << (told.members.size() == 1 ? " entity:" : " entities:");
    for (std::size_t i = 0; i < std::min(kMostMembers, told.members.size()); ++i)
      out << (i > 0 ? ", " : " ") << printable(entity_text(told.members[i]));
    if (told.members.size() > kMostMembers) out << " and " << told.members.size() - kMostMembers << " more";
    out << "\n";
  }
}

}  // namespace

void print_explanation(const Explained& explained, CellsShown shown, std::ostream& out) {
  const rules::Explanation& told = explained.explanation;
  const rules::Strategy& strategy = *explained.strategy;
  out << "client      " << strategy.client << ", " << explained.calendar.zone_name() << ", "
      << strategy.currency << "\n";
  out << "objective   " << told.objective->name
      << (told.objective->why.empty() ? "" : ": " + told.objective->why) << "\n";
  out << "target      " << told.target->name << ": " << told.kpi->name << " over "
      << to_string(told.target->over) << ", per " << http::level_name(told.target->per, strategy.dimensions)
      << "\n";
  out << "entity      " << printable(entity_text(told.entity)) << "\n";
  out << "as of       " << moment_text(explained.calendar, explained.as_of) << "\n";
  out << "window      " << to_string(told.days.first) << " to " << to_string(told.days.last) << ", "
      << rules::format_value(told.input.hours, rules::Unit::count, "") << " hours so far\n\n";
  print_verdict(explained, out);
  const std::vector<Column> columns = columns_of(explained);
  out << "\n";
  print_buckets(explained, columns, out);
  const std::size_t days = told.evidence.days.size();
  if (days > 0 && (shown == CellsShown::all || days <= kFewDays)) {
    out << "\n";
    print_evidence(explained, out);
  } else if (days > 0) {
    out << "\nThe evidence is of " << days << " days; --cells shows each\n";
  }
  std::size_t cells = 0;
  for (const Column& column : columns) cells += column.cells.size();
  if (cells > 0 && (shown == CellsShown::all || cells <= kFewCells)) {
    out << "\n";
    print_cells(explained, columns, out);
  } else if (cells > 0) {
    out << "\n"
        << cells
        << " figures are summed here; --cells shows each, when it was learnt and what it was before\n";
  }
  if (!explained.reach.whole && explained.reach.from) {
    out << "\nThe journal begins " << moment_text(explained.calendar, *explained.reach.from)
        << ": when earlier figures were learnt is not known any more.\n";
  }
}

}  // namespace tightrope::daemon::commands
