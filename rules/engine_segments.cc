// Where a KPI changed: its two sides by segment, from the cells, one dimension after the other.
#include <algorithm>
#include <cmath>
#include <map>

#include "rules/engine_state.h"
#include "rules/evidence.h"

namespace tightrope::rules {
namespace {

constexpr double kMostUnassigned = 0.1;  // of any metric without a value in the dimension
constexpr double kOneInTwenty = 20;
constexpr double kSumsAgree = 1e-6;

// The days or hours that sums are over.
struct Stretch {
  DayRange days{};
  std::vector<Bucket> hours;
};

// The inputs of a formula, summed for some entities; NaN for a metric of which they have no figure.
std::vector<double> sums_of(const Cube& cube, const Formula& formula, std::span<const EntityIndex> members,
                            const Stretch& stretch) {
  std::vector<double> sums;
  for (const Input& input : formula.inputs()) {
    const MetricIndex metric = cube.find_metric(input.name);
    const RareSum sum = stretch.hours.empty()
                            ? sum_over(cube, metric, members, stretch.days)
                            : sum_over(cube, metric, members, std::span<const Bucket>(stretch.hours));
    sums.push_back(figure_of(sum, true));
  }
  return sums;
}

// A segment of which a metric was not reported has none of it.
std::vector<double> with_zeros(std::vector<double> sums) {
  for (double& sum : sums) sum = std::isnan(sum) ? 0 : sum;
  return sums;
}

// A KPI's two sides in one period; of a total, the numerator.
struct Fraction {
  double numerator = 0;
  double denominator = 0;
};
Fraction fraction_of(const Formula& formula, const std::vector<double>& sums, double scale) {
  if (!formula.is_quotient()) return {formula.evaluate(std::span<const double>(sums)) * scale, 0};
  return {formula.numerator(sums), formula.denominator(sums)};
}

double units(std::int64_t micros) noexcept {
  return static_cast<double>(micros) / static_cast<double>(Amount::kScale);
}

bool near(double a, double b) noexcept {
  return std::abs(a - b) <= kSumsAgree * std::max(std::abs(a), std::abs(b));
}

// A KPI's two sides in both periods, and how they are read: what is explained is their quotient.
struct SplitKpi {
  const Formula* formula;
  Stretch earlier, current;
  std::vector<double> sums_before, sums_now;  // of the whole, by input
  double scale = 1;                           // of a total before; see figure_around()
  bool reciprocal = false;

  SegmentSums sums(const std::vector<double>& before, const std::vector<double>& now) const {
    const Fraction was = fraction_of(*formula, before, scale);
    const Fraction is = fraction_of(*formula, now, 1);
    SegmentSums read{.numerator = {was.numerator, is.numerator},
                     .denominator = {was.denominator, is.denominator}};
    if (reciprocal) std::swap(read.numerator, read.denominator);
    return read;
  }
  SegmentSums whole() const {
    SegmentSums read = sums(sums_before, sums_now);
    if (!formula->is_quotient()) read.denominator = {1, 1};
    return read;
  }
};

// The members of each value of a dimension.
struct Groups {
  std::vector<NamedSums> sums;
  std::vector<std::vector<EntityIndex>> members;
  // Some metric is not reported so far down.
  bool unassigned = false;
};

Groups group(const EntityTable& entities, std::span<const EntityIndex> members, std::size_t dimension) {
  // By name: what is said must not depend on the order in which entities became known.
  std::map<std::string_view, std::vector<EntityIndex>> by_name;
  for (const EntityIndex member : members) by_name[entities[member].at(dimension)].push_back(member);
  Groups groups;
  for (auto& [name, of_name] : by_name) {
    groups.sums.push_back({.name = std::string(name), .sums = {}});
    groups.members.push_back(std::move(of_name));
  }
  return groups;
}

void sum_up(const Cube& cube, const SplitKpi& split, Groups& groups) {
  std::vector<double> whole(split.sums_now.size(), 0);
  std::vector<double> nameless(whole);
  for (std::size_t i = 0; i < groups.sums.size(); ++i) {
    const auto before = with_zeros(sums_of(cube, *split.formula, groups.members[i], split.earlier));
    const auto now = with_zeros(sums_of(cube, *split.formula, groups.members[i], split.current));
    groups.sums[i].sums = split.sums(before, now);
    for (std::size_t input = 0; input < before.size(); ++input) {
      const double part = std::abs(before[input]) + std::abs(now[input]);
      whole[input] += part;
      if (groups.sums[i].name.empty()) nameless[input] = part;
    }
  }
  for (std::size_t input = 0; input < whole.size(); ++input)
    groups.unassigned = groups.unassigned || nameless[input] > kMostUnassigned * whole[input];
}

// Whether the segments add up to the whole: the smaller of two sums, say, does not.
bool adds_up_to(std::span<const NamedSums> segments, const SplitKpi& split) {
  const SegmentSums whole = split.whole();
  const auto agree = [&](BeforeAndNow SegmentSums::*side) {
    BeforeAndNow sum{0, 0};
    for (const NamedSums& one : segments) {
      sum.before += (one.sums.*side).before;
      sum.now += (one.sums.*side).now;
    }
    return near(sum.before, (whole.*side).before) && near(sum.now, (whole.*side).now);
  };
  return agree(&SegmentSums::numerator) &&
         (!split.formula->is_quotient() || agree(&SegmentSums::denominator));
}

std::optional<SplitKpi> split_of(const Cube& cube, const Formula& formula,
                                 std::span<const EntityIndex> members, Stretch earlier, Stretch current,
                                 const ExplainedChange& explained) {
  SplitKpi split{.formula = &formula,
                 .earlier = std::move(earlier),
                 .current = std::move(current),
                 .sums_before = {},
                 .sums_now = {},
                 .reciprocal = explained.reciprocal};
  split.sums_before = sums_of(cube, formula, members, split.earlier);
  split.sums_now = sums_of(cube, formula, members, split.current);
  for (const auto* sums : {&split.sums_before, &split.sums_now}) {
    if (std::any_of(sums->begin(), sums->end(), [](double sum) { return std::isnan(sum); }))
      return std::nullopt;
  }
  const double before = fraction_of(formula, split.sums_before, 1).numerator;
  if (!formula.is_quotient() && before != 0) split.scale = explained.value.before / before;
  const SegmentSums whole = split.whole();
  // The same figures by another way; else something here is not understood, and nothing is said.
  if (!(whole.denominator.before > 0) || !(whole.denominator.now > 0) ||
      !near(whole.numerator.before / whole.denominator.before, explained.value.before) ||
      !near(whole.numerator.now / whole.denominator.now, explained.value.now)) {
    return std::nullopt;
  }
  return split;
}

}  // namespace

std::vector<SegmentLevel> Engine::State::segment_levels(const Kpi& kpi, const ExplainedChange& explained,
                                                        Window window, const Entity& entity, int depth,
                                                        std::span<const EntityIndex> members) const {
  for (const Input& input : kpi.formula.inputs()) {
    if (input.kind == Name::Kind::value || input.over || input.earlier != 0 || input.weekdays ||
        input.of != Input::Of::entity || !is_additive(input.name)) {
      return {};
    }
  }
  const TimeframeNow frame = timeframe_now(calendar, {window, 0}, now);
  Stretch earlier{.days = days_before(frame.days), .hours = {}};
  if (!frame.hours.empty()) {
    const Timestamp before = calendar.start_of(frame.hours.front()) - Duration(1);
    earlier.hours = timeframe_now(calendar, {window, 0}, before).hours;
  }
  const auto split = split_of(cube, kpi.formula, members, std::move(earlier),
                              {.days = frame.days, .hours = frame.hours}, explained);
  if (!split) return {};

  std::vector<SegmentLevel> levels;
  SegmentLevel next{.dimension = {},
                    .within = entity,
                    .value = explained.value,
                    .effect = explained.change(),
                    .segments = {}};
  std::vector<EntityIndex> inside(members.begin(), members.end());
  for (std::size_t dimension = static_cast<std::size_t>(std::max(depth, 0));
       dimension < strategy.dimensions.names.size(); ++dimension) {
    Groups groups = group(entities, inside, dimension);
    if (groups.sums.size() < 2) {
      // Nothing to tell apart: not reported so far down, or one segment only.
      if (!groups.sums.empty()) next.within.set(dimension, groups.sums.front().name);
      continue;
    }
    sum_up(cube, *split, groups);
    if (groups.unassigned || (levels.empty() && !adds_up_to(groups.sums, *split))) break;
    next.dimension = strategy.dimensions.names[dimension];
    std::vector<std::size_t> order;
    SegmentLevel& level =
        levels.emplace_back(list_segments(next, groups.sums, split->whole(), explained, order));
    for (std::size_t i = 0; i < order.size(); ++i) {
      SegmentChange& one = level.segments[i];
      one.entity = level.within;
      one.entity.set(dimension, one.name);
      if (i < kMostNamedSegments)
        one.within_noise = is_noise(kpi, groups.members[order[i]], members, split->earlier.days, frame);
    }
    const SegmentChange& first = level.segments.front();
    if (!leads(level, explained) || first.name.empty()) break;
    next.within = first.entity;
    next.value = first.value;
    next.effect = first.effect;
    inside = groups.members[order.front()];
  }
  return levels;
}

// Evidence (see evidence.h) that a segment does worse than it did itself, or, where it had no rate of its
// own, than the whole did.
bool Engine::State::is_noise(const Kpi& kpi, std::span<const EntityIndex> segment,
                             std::span<const EntityIndex> whole, DayRange earlier,
                             const TimeframeNow& frame) const {
  const Formula& formula = kpi.formula;
  const bool is_total = !formula.is_quotient();
  const bool too_high = kpi.better != Better::higher;
  const bool of_money = kpi.unit == Unit::money || formula.denominator_unit() == Unit::money;
  // Of a cost per result the results are what chance has a hand in.
  const bool is_price = too_high && !is_total && of_money;
  const auto side_over = [&](std::span<const EntityIndex> members, const Stretch& stretch) {
    return fraction_of(formula, with_zeros(sums_of(cube, formula, members, stretch)), 1);
  };
  Stretch before{.days = earlier, .hours = {}};
  if (!frame.hours.empty())
    before.hours =
        timeframe_now(calendar, {{Window::Kind::hours, static_cast<std::int16_t>(frame.hours.size())}, 0},
                      calendar.start_of(frame.hours.front()) - Duration(1))
            .hours;
  Fraction base = side_over(segment, before);
  const auto has_rate = [&] { return base.numerator > 0 && (is_total || base.denominator > 0); };
  if (!has_rate() && !is_total) base = side_over(whole, before);
  if (!has_rate()) return true;
  const double rate = is_total ? base.numerator / (frame.hours.empty() ? std::max(1, earlier.length()) : 1)
                               : base.numerator / base.denominator;

  std::vector<EvidenceDay> days;
  double money = 0;
  double orders = 0;
  const auto add = [&](const Stretch& stretch) {
    const Fraction side = side_over(segment, stretch);
    EvidenceDay day{.seen = side.numerator, .expected = rate, .day_variance = kDefaultDayVariance};
    if (is_price) {
      day = {
          .seen = side.denominator, .expected = side.numerator / rate, .day_variance = kDefaultDayVariance};
    } else if (!is_total) {
      day.expected = side.denominator * rate;
    }
    day.seen = std::max(0.0, day.seen);
    days.push_back(day);
    money += day.seen;
    const MetricIndex conversions = cube.find_metric("conversions");
    const RareSum sum = stretch.hours.empty()
                            ? sum_over(cube, conversions, segment, stretch.days)
                            : sum_over(cube, conversions, segment, std::span<const Bucket>(stretch.hours));
    orders += units(sum.micros);
  };
  if (!frame.hours.empty()) {
    add({.days = frame.days, .hours = frame.hours});
  } else {
    // What is a total by the day says nothing before the day is over.
    const Day last = is_total ? std::min(frame.days.last, today - 1) : frame.days.last;
    for (Day day = frame.days.first; day <= last; day = day + 1) add({.days = {day, day}, .hours = {}});
  }
  // Money arrives in jumps the size of an order.
  if (!is_price && of_money) {
    if (!(orders > 0 && money > 0)) return true;
    const double jump = 2 * money / orders;
    for (EvidenceDay& day : days) {
      day.seen /= jump;
      day.expected /= jump;
    }
  }
  return log_fixed_start(days, is_price || !too_high ? EvidenceSide::below : EvidenceSide::above) <
         std::log(kOneInTwenty);
}

}  // namespace tightrope::rules
