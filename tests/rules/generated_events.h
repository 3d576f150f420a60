// Events and reloads at random, in order of time as a daemon would bring them.
#pragma once

#include <optional>
#include <random>
#include <string_view>
#include <variant>

#include "rules/engine.h"

namespace tightrope::rules::testing {

// A strategy that takes the place of the one before.
struct Reload {
  Timestamp at;
  Strategy strategy;
};
using Step = std::variant<Event, Reload>;

Timestamp time_of(const Step& step) noexcept;
Effects feed(Engine& engine, const Step& step);

class EventGenerator {
 public:
  explicit EventGenerator(std::mt19937& random);

  // What the client does next, given what the engine shows.
  Step next(const Engine& engine);
  // What is found of a source besides, now and then. Drawn apart: the other events are the same with and
  // without.
  std::optional<SourceFindings> findings(Timestamp at);
  Day around() const noexcept { return around_; }

 private:
  void move_time();
  Step answer(const Engine& engine);
  ObservationBatch observations(const Engine& engine);
  static Entity any_entity(std::mt19937& random);
  Bucket any_bucket(const Calendar& calendar, bool hourly);
  Amount any_amount();
  void add_figure(BatchBuilder& builder, const Calendar& calendar, std::string_view currency);
  void add_rate(BatchBuilder& builder, const Calendar& calendar);

  std::mt19937& random_;
  Timestamp now_;
  Day around_;
};

}  // namespace tightrope::rules::testing
