#include "tests/rules/naive_engine.h"

#include <algorithm>

namespace tightrope::rules::testing {
namespace {

constexpr int kDaysHeld = 100;     // of them one lies ahead
constexpr int kDaysWithHours = 8;  // likewise

bool matches_one(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() != '*')
    return !text.empty() && pattern.front() == text.front() && matches_one(pattern.substr(1), text.substr(1));
  for (std::size_t skipped = 0; skipped <= text.size(); ++skipped) {
    if (matches_one(pattern.substr(1), text.substr(skipped))) return true;
  }
  return false;
}

bool matches_all(const std::vector<DimensionMatch>& match, const Entity& entity) {
  return std::all_of(match.begin(), match.end(), [&entity](const DimensionMatch& of) {
    return std::any_of(of.globs.begin(), of.globs.end(),
                       [&](const std::string& glob) { return matches_one(glob, entity.at(of.dimension)); });
  });
}

bool is_under(const Entity& entity, const Entity& node, std::size_t depth) {
  return entity.path.size() >= depth && entity.prefix(depth) == node;
}

}  // namespace

double NaiveSum::value(bool additive) const noexcept {
  if (unconverted || figures == 0 || (!additive && figures > 1)) return kUndefined;
  return static_cast<double>(micros) / 1e6;
}

NaiveEngine::NaiveEngine(Strategy strategy)
    : strategy_(std::move(strategy)), calendar_(*strategy_.open_calendar()) {}

void NaiveEngine::apply(const Event& event) {
  advance(time_of(event));
  if (const auto* batch = std::get_if<ObservationBatch>(&event)) learn(*batch);
}

void NaiveEngine::adopt(Strategy strategy, Timestamp at) {
  advance(at);
  strategy_ = std::move(strategy);
  calendar_ = *strategy_.open_calendar();
  advance(at);
}

void NaiveEngine::advance(Timestamp now) {
  now_ = std::max(now_, now);
  const Day head = calendar_.day_of(now_) + 1;
  head_ = head_ ? std::max(*head_, head) : head;
  forget();
}

// Hours of older days become the day's figure, and days beyond those held are gone.
void NaiveEngine::forget() {
  for (auto& [metric, of_metric] : figures_) {
    for (auto& [entity, cells] : of_metric) {
      std::map<Day, Parts> hours;
      std::erase_if(cells, [&](const auto& cell) {
        const auto& [bucket, parts] = cell;
        if (*head_ - bucket.day >= kDaysHeld) return true;
        if (bucket.whole_day() || *head_ - bucket.day < kDaysWithHours) return false;
        for (const auto& [currency, amount] : parts) {
          Amount& sum = hours[bucket.day][currency];
          sum = Amount::from_micros((sum.is_missing() ? 0 : sum.micros()) + amount.micros());
        }
        return true;
      });
      for (const auto& [day, parts] : hours) {
        for (const auto& [currency, amount] : parts) cells[Bucket{day}].try_emplace(currency, amount);
      }
    }
  }
}

void NaiveEngine::learn(const ObservationBatch& batch) {
  for (const auto& row : batch.rows) {
    const Entity& entity = batch.entities[row.entity];
    std::string metric = batch.metrics[row.metric];
    const Day day = row.bucket.day;
    if (const auto base = parse_rate_metric(metric)) {
      rates_.set(*base, entity.path.at(0), day, row.value);
      continue;
    }
    if (day > *head_ || *head_ - day >= kDaysHeld) continue;
    if (!row.bucket.whole_day() && *head_ - day >= kDaysWithHours) continue;
    std::string currency;
    if (const auto foreign = parse_foreign_metric(metric)) {
      currency = foreign->currency;
      metric = std::string(foreign->metric);
    } else if (const Metric* known = strategy_.find_metric(metric);
               known != nullptr && known->unit == Unit::money) {
      currency = strategy_.currency;
    }
    Cells& cells = figures_[metric][entity];
    if (row.value.is_missing()) {
      if (const auto cell = cells.find(row.bucket); cell != cells.end()) {
        cell->second.erase(currency);
        if (cell->second.empty()) cells.erase(cell);
      }
    } else {
      cells[row.bucket][currency] = row.value;
      reported_.insert(entity);
    }
  }
}

std::set<Entity> NaiveEngine::nodes(const Target& target, const Objective& objective) const {
  std::set<Entity> nodes;
  const auto depth = static_cast<std::size_t>(target.per.depth);
  if (depth == 0) nodes.insert(Entity{});
  for (const Entity& entity : reported_) {
    if (depth > 0 && matches_all(objective.match, entity) && entity.path.size() >= depth)
      nodes.insert(entity.prefix(depth));
  }
  return nodes;
}

bool NaiveEngine::is_additive(const std::string& metric) const {
  const Metric* known = strategy_.find_metric(metric);
  return known == nullptr || known->additive;
}

NaiveEngine::Figure NaiveEngine::figure_of(const Parts& parts, Day day) const {
  Figure figure;
  for (const auto& [currency, amount] : parts) {
    figure.present = true;
    const std::optional<Amount> own =
        currency.empty() || currency == strategy_.currency
            ? amount
            : rates_.convert(amount, currency, strategy_.currency, day, strategy_.rates_hold_days);
    if (own) {
      figure.micros += own->micros();
    } else {
      figure.unconverted = true;
    }
  }
  return figure;
}

// Each currency's part is a figure of its own: by day, or else the sum of its hours.
NaiveSum NaiveEngine::day_sum(const Cells& cells, DayRange days) const {
  std::map<Day, Parts> by_day;
  for (const auto& [bucket, parts] : cells) {  // the day stands before its hours
    if (!days.contains(bucket.day)) continue;
    const auto whole = cells.find(Bucket{bucket.day});
    for (const auto& [currency, amount] : parts) {
      if (!bucket.whole_day() && whole != cells.end() && whole->second.contains(currency)) continue;
      Amount& sum = by_day[bucket.day][currency];
      sum = Amount::from_micros((sum.is_missing() ? 0 : sum.micros()) + amount.micros());
    }
  }
  NaiveSum sum;
  for (const auto& [day, parts] : by_day) {
    const Figure figure = figure_of(parts, day);
    sum.micros += figure.micros;
    sum.unconverted = sum.unconverted || figure.unconverted;
    ++sum.figures;
  }
  return sum;
}

NaiveSum NaiveEngine::hour_sum(const Cells& cells, const std::vector<Bucket>& hours) const {
  NaiveSum sum;
  for (const Bucket& bucket : hours) {
    if (const auto cell = cells.find(bucket); cell != cells.end()) {
      const Figure figure = figure_of(cell->second, bucket.day);
      sum.micros += figure.micros;
      sum.unconverted = sum.unconverted || figure.unconverted;
      ++sum.figures;
    }
  }
  return sum;
}

double NaiveEngine::today_elapsed() const {
  const Day today = calendar_.day_of(now_);
  const auto hours = [](Duration length) {
    return std::chrono::duration<double, std::ratio<3600>>(length).count();
  };
  return hours(calendar_.next_hour(now_) - calendar_.start_of(today)) /
         hours(calendar_.start_of(today + 1) - calendar_.start_of(today));
}

std::vector<Bucket> NaiveEngine::last_hours(int count, int earlier) const {
  std::vector<Bucket> hours;
  Bucket bucket = calendar_.hour_of(now_);
  for (int back = 0; back < earlier + count; ++back) {
    if (back >= earlier) hours.push_back(bucket);
    bucket = calendar_.hour_of(calendar_.start_of(bucket) - Duration(1));
  }
  return hours;
}

NaiveSum NaiveEngine::sum(const std::string& metric, const Objective& objective, const Entity& node,
                          std::size_t depth, Window window, int earlier) const {
  NaiveSum total;
  const bool hourly = window.kind == Window::Kind::hours;
  total.no_hours = hourly;
  const auto of_metric = figures_.find(metric);
  if (of_metric == figures_.end()) return total;
  const std::vector<Bucket> hours = hourly ? last_hours(window.length, earlier) : std::vector<Bucket>();
  DayRange days = calendar_.days_of(window, calendar_.day_of(now_));
  days = {days.first - earlier, days.last - earlier};
  for (const auto& [entity, cells] : of_metric->second) {
    if (!is_under(entity, node, depth) || !matches_all(objective.match, entity)) continue;
    const NaiveSum part = hourly ? hour_sum(cells, hours) : day_sum(cells, days);
    total.micros += part.micros;
    total.figures += part.figures;
    total.unconverted = total.unconverted || part.unconverted;
  }
  total.no_hours = hourly && total.figures == 0;
  return total;
}

bool NaiveEngine::any_figure(const std::string& metric, const Objective& objective,
                             const std::function<bool(const Bucket&)>& in) const {
  const auto of_metric = figures_.find(metric);
  if (of_metric == figures_.end()) return false;
  return std::any_of(of_metric->second.begin(), of_metric->second.end(), [&](const auto& entry) {
    const auto& [entity, cells] = entry;
    return matches_all(objective.match, entity) &&
           std::any_of(cells.begin(), cells.end(), [&](const auto& cell) { return in(cell.first); });
  });
}

bool NaiveEngine::is_over(const Target& target) const {
  return target.over.kind == Window::Kind::flight && calendar_.day_of(now_) - target.over.last > 7;
}

std::optional<Bound> NaiveEngine::bound_of(const Target& target, const Entity& node) const {
  const std::vector<Bound>* bounds = &target.bounds;
  for (const BoundException& exception : target.exceptions) {
    if (!matches_all(exception.match, node)) continue;
    bounds = &exception.bounds;
    break;
  }
  // What the window shows belongs to its last day, which is not always today.
  const Day today = calendar_.day_of(now_);
  if (is_over(target)) return std::nullopt;
  const Day day = calendar_.days_of(target.over, today).last;
  std::optional<Bound> in_force;
  for (const Bound& bound : *bounds) {
    if (bound.from <= day) in_force = bound;
  }
  return in_force;
}

}  // namespace tightrope::rules::testing
