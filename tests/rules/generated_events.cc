#include "tests/rules/generated_events.h"

#include <array>
#include <string>

#include "rules/currency.h"
#include "tests/rules/generated_strategies.h"
#include "tests/rules/strategies.h"

namespace tightrope::rules::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::array kMetrics{"spend",  "spend", "impressions", "clicks",  "conversions",     "revenue",
                              "orders", "reach", "users",       "refunds", "average_position"};
constexpr std::array kMoney{"spend", "revenue", "refunds"};
constexpr std::array kCurrencies{"EUR", "USD", "GBP"};

// In two statements: compilers differ in which of two operands they draw first.
Timestamp any_beginning(std::mt19937& random) {
  const Timestamp hour = kNoon + 1h * below(random, 9000);
  return hour + 1ms * below(random, 3'600'000);
}

}  // namespace

Timestamp time_of(const Step& step) noexcept {
  if (const auto* reload = std::get_if<Reload>(&step)) return reload->at;
  return rules::time_of(std::get<Event>(step));
}

Effects feed(Engine& engine, const Step& step) {
  if (const auto* reload = std::get_if<Reload>(&step)) return engine.adopt(reload->strategy, reload->at);
  return engine.apply(std::get<Event>(step));
}

EventGenerator::EventGenerator(std::mt19937& random)
    : random_(random),
      now_(any_beginning(random)),
      around_(kToday + static_cast<int>((now_ - kNoon) / 24h) + 5) {}

void EventGenerator::move_time() {
  switch (below(random_, 12)) {
    case 0:
      now_ += 1h * below(random_, 24 * 12);  // nobody polled for days
      break;
    case 1:
      now_ += 1s * below(random_, 200'000);
      break;
    case 2:
      break;
    case 3:
      now_ = std::chrono::ceil<std::chrono::hours>(now_);  // at the very turn
      break;
    case 4:
      if (once_in(random_, 20)) now_ += 24h * below(random_, 130);
      break;
    default:
      now_ += 1s * below(random_, 7200);
  }
}

Step EventGenerator::next(const Engine& engine) {
  move_time();
  switch (below(random_, 14)) {
    case 0:
      return Tick{once_in(random_, 4) ? now_ - 1h : now_};
    case 1:
    case 2:
      return answer(engine);
    case 3:
      return Reload{now_, changed_strategy(random_, engine.strategy(), around_)};
    case 4:
      if (once_in(random_, 4)) return StrategyChange{now_, "client: acme"};
      [[fallthrough]];
    default:
      return observations(engine);
  }
}

Step EventGenerator::answer(const Engine& engine) {
  const std::vector<Alert> alerts = engine.alerts();
  if (alerts.empty() || once_in(random_, 10)) return Acknowledgement{now_, "0123456789abcdef", "ann"};
  const Alert& alert = alerts[below(random_, static_cast<unsigned>(alerts.size()))];
  if (alert.recommendations.empty() || once_in(random_, 2)) return Acknowledgement{now_, alert.id, "ann"};
  Decision decision;
  decision.at = now_;
  decision.recommendation =
      alert.recommendations[below(random_, static_cast<unsigned>(alert.recommendations.size()))].id;
  decision.kind = static_cast<DecisionKind>(below(random_, 3));
  decision.by = "bob";
  decision.reason = once_in(random_, 2) ? "because" : "";
  if (decision.kind == DecisionKind::later && !once_in(random_, 3)) decision.until = now_ + 4h;
  return decision;
}

// Of the source that reports, or of one that never did; often the same as before, or none any more.
std::optional<SourceFindings> EventGenerator::findings(Timestamp at) {
  if (!once_in(random_, 8)) return std::nullopt;
  SourceFindings told{at, once_in(random_, 4) ? "other" : "test", {}};
  for (unsigned count = below(random_, 3); count > 0; --count) {
    const Day day = around_ - static_cast<int>(below(random_, 3));
    told.findings.push_back({.kind = static_cast<SourceFindingKind>(below(random_, kSourceFindingKinds)),
                             .entity = once_in(random_, 2) ? any_entity(random_) : Entity(),
                             .days = {day - static_cast<int>(below(random_, 2)), day},
                             .text = once_in(random_, 2) ? "It is strange." : "It is stranger."});
  }
  return told;
}

// Some report by channel, some by ad; the number of entities is small, so that figures meet.
Entity EventGenerator::any_entity(std::mt19937& random) {
  static constexpr std::array kChannels{"search", "social", "mail"};
  if (once_in(random, 30)) return {};
  Entity entity;
  entity.path.emplace_back(kChannels[below(random, 3)]);
  const unsigned depth = below(random, 8);
  if (depth > 0) entity.path.push_back("c" + std::to_string(1 + below(random, 3)));
  if (depth > 4) entity.path.push_back("g" + std::to_string(1 + below(random, 2)));
  if (depth > 6) entity.path.push_back("a" + std::to_string(1 + below(random, 2)));
  return entity;
}

Bucket EventGenerator::any_bucket(const Calendar& calendar, bool hourly) {
  const Day today = calendar.day_of(now_);
  const unsigned luck = below(random_, 40);
  if (hourly) {
    const unsigned back = luck == 0 ? 250 : luck < 20 ? 6 : 80;
    return calendar.hour_of(now_ - 1h * below(random_, back) + (luck == 1 ? 30h : 0h));
  }
  if (luck == 0) return {today - static_cast<int>(below(random_, 130))};
  if (luck == 1) return {today + static_cast<int>(below(random_, 3))};
  return {today - static_cast<int>(below(random_, luck < 20 ? 10 : 60))};
}

Amount EventGenerator::any_amount() {
  switch (below(random_, 16)) {
    case 0:
      return Amount::missing();
    case 1:
      return Amount::from_micros(static_cast<std::int64_t>(below(random_, 2'000'000'000)));
    case 2:
      return Amount::from_units(-static_cast<std::int64_t>(below(random_, 6)));
    case 3:
      return Amount::from_units(0);
    default:
      return Amount::from_units(static_cast<std::int64_t>(below(random_, 20)));
  }
}

void EventGenerator::add_figure(BatchBuilder& builder, const Calendar& calendar, std::string_view currency) {
  const Entity entity = any_entity(random_);
  std::string metric = kMetrics[below(random_, kMetrics.size())];
  const bool additive = metric != "reach" && metric != "users" && metric != "average_position";
  if (!currency.empty()) metric = foreign_metric(kMoney[below(random_, 3)], currency);
  // A source reports by the hour or by the day, as a rule.
  const bool as_rule = entity.path.size() > 1 && entity.path[1] == "c1";
  const bool hourly = (additive || !currency.empty()) && (once_in(random_, 15) ? !as_rule : as_rule);
  Amount amount = any_amount();
  // A day's own figure is never by chance the sum of its hours: see AnyOrderOfADayAndItsHoursGivesTheSameDay.
  if (!hourly && !amount.is_missing()) amount = Amount::from_micros(amount.micros() + 7);
  builder.add(builder.entity(entity), builder.metric(metric), any_bucket(calendar, hourly), amount);
}

void EventGenerator::add_rate(BatchBuilder& builder, const Calendar& calendar) {
  const unsigned base = below(random_, 6) == 0 ? 1 : 0;
  unsigned currency = below(random_, 3);
  if (currency == base) currency = (currency + 1) % 3;
  Entity entity;
  entity.path.emplace_back(kCurrencies[currency]);
  const std::uint32_t about = builder.entity(entity);
  const std::uint32_t metric = builder.metric(rate_metric(kCurrencies[base]));
  const Bucket bucket{calendar.day_of(now_) - static_cast<int>(below(random_, once_in(random_, 3) ? 60 : 4))};
  Amount rate = Amount::from_micros(300'000 + static_cast<std::int64_t>(below(random_, 2'000'000)));
  if (once_in(random_, 8)) rate = Amount::missing();
  if (once_in(random_, 40)) rate = Amount::from_units(0);
  builder.add(about, metric, bucket, rate);
}

ObservationBatch EventGenerator::observations(const Engine& engine) {
  const Timestamp learnt = once_in(random_, 20) ? now_ - 1min * below(random_, 200) : now_;
  BatchBuilder builder("test", learnt);
  for (unsigned rows = once_in(random_, 3) ? below(random_, 120) : 1 + below(random_, 25); rows > 0; --rows) {
    if (once_in(random_, 12)) {
      add_rate(builder, engine.calendar());
    } else {
      std::string_view currency;
      if (once_in(random_, 10)) currency = kCurrencies[below(random_, 3)];
      add_figure(builder, engine.calendar(), currency);
    }
  }
  return std::move(builder).take();
}

}  // namespace tightrope::rules::testing
