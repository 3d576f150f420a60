// What of a total's window has been reported. A source that was silent for two days, or reports each day on
// the next morning, has less to show than a window asks for: that is neither a shortfall nor a saving.
#include <algorithm>

#include "rules/engine_state.h"

namespace tightrope::rules {
namespace {

// An hourly source that is later than this has fallen silent.
constexpr double kLateHours = 6;

bool any_known(std::span<const std::int64_t> row, std::span<const EntityIndex> members) noexcept {
  return std::any_of(members.begin(), members.end(), [row](EntityIndex member) {
    return member < row.size() && row[member] != Amount::kMissing;
  });
}

}  // namespace

bool Engine::State::grows_with_reports(const Checks& check) const {
  using Kind = Window::Kind;
  const Target& target = *check.target;
  const Kind over = target.over.kind;
  if (target.pace) return true;
  if (over != Kind::days && over != Kind::today && over != Kind::hours) return false;
  const auto& inputs = check.kpi->formula.inputs();
  return check.adds_up && is_volume(*check.kpi) && !inputs.empty() &&
         std::all_of(inputs.begin(), inputs.end(), [](const Input& input) {
           return input.kind != Name::Kind::value && input.of == Input::Of::entity && !input.over &&
                  !input.weekdays && !input.so_far && input.earlier == 0;
         });
}

bool Engine::State::has_figures(MetricIndex metric, std::span<const EntityIndex> members, Day day) const {
  return metric != Cube::kNoMetric && cube.holds(day) && any_known(cube.day_row(metric, day), members);
}

// Of the metric that is the furthest behind. Today where nothing was ever reported: then no figure is judged.
Day Engine::State::reported_day(const Checks& check) const {
  const auto& members = rollups[check.whole].members(0);
  Day reported = today;
  for (const Input& input : check.kpi->formula.inputs()) {
    const MetricIndex metric = cube.find_metric(input.name);
    Day day = today;
    while (cube.holds(day) && !has_figures(metric, members, day)) day = day - 1;
    if (cube.holds(day)) reported = std::min(reported, day);
  }
  return reported;
}

double Engine::State::reported_hours(const Checks& check) const {
  const auto& members = rollups[check.whole].members(0);
  const auto& hours = frames_now[check.frame].hours;
  std::size_t reported = hours.size() - 1;  // the current one has only begun
  for (const Input& input : check.kpi->formula.inputs()) {
    const MetricIndex metric = cube.find_metric(input.name);
    if (metric == Cube::kNoMetric) continue;
    std::size_t count = hours.size();
    while (count > 0 && !any_known(cube.hour_row(metric, hours[count - 1]), members)) --count;
    if (count > 0) reported = std::min(reported, count);
  }
  return static_cast<double>(reported);
}

bool Engine::State::refresh_reported(Checks& check) {
  if (!check.is_total) return false;
  const Target& target = *check.target;
  const Day reported_before = check.reported;
  const double share_before = check.share;
  if (!target.pace && target.over.kind == Window::Kind::hours) {
    const auto length = static_cast<double>(frames_now[check.frame].hours.size());
    const double hours = reported_hours(check);
    check.share = hours / length;
    check.is_silent = hours < length - kLateHours;
    return check.share != share_before;
  }
  check.reported = reported_day(check);
  check.today_counts = check.reported == today;
  if (!target.pace) {
    const int length = target.over.length;
    const int over = std::max(0, length - 1 - std::max(0, today - 1 - check.reported));
    check.share = (over + (check.today_counts ? today_over() : 0)) / length;
    check.is_silent = check.reported < today - 1;
  }
  return check.reported != reported_before || check.share != share_before;
}

}  // namespace tightrope::rules
