// An engine that is obviously right and knows nothing of speed: every figure in one map, every sum added up
// anew, every verdict by the words of the headers. Of the engine's own parts it uses the calendar, formulas
// on single figures and the conversion of money.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "rules/currency.h"
#include "rules/engine.h"

namespace tightrope::rules::testing {

// What a target comes to at an entity.
struct NaiveVerdict {
  double value = kUndefined;
  bool rounded = false;  // made with a mean, which may be taken in another order of operations
  std::optional<Bound> bound;
  VerdictState state = VerdictState::unknown;
  // Any of them: where several are true, the headers do not say which is named.
  std::set<Reason> reasons;
  bool pays_for_another = false;
  // The headers leave open what it comes to; not to be compared.
  bool is_open = false;
  double gap = kUndefined;
};

// A windowed sum, and what is to be said about it.
struct NaiveSum {
  std::int64_t micros = 0;
  int figures = 0;           // that were added
  bool unconverted = false;  // at least one wants an exchange rate
  bool no_hours = false;     // an hourly window without figures

  // NaN where it is not known.
  double value(bool additive) const noexcept;
};

class NaiveEngine {
 public:
  explicit NaiveEngine(Strategy strategy);

  void apply(const Event& event);
  void adopt(Strategy strategy, Timestamp at);

  // Every node a target has: one for each prefix of a reported entity that matches, and the objective itself.
  std::set<Entity> nodes(const Target& target, const Objective& objective) const;
  // `paced` are the sides that a paced target is held against; they are not worked out here.
  NaiveVerdict verdict(const Target& target, const Objective& objective, const Entity& node,
                       const Sides& paced) const;
  // Over a window that ended `earlier` days or hours ago, of the objective's entities that have a value at
  // `depth` and are under the node.
  NaiveSum sum(const std::string& metric, const Objective& objective, const Entity& node, std::size_t depth,
               Window window, int earlier) const;
  bool is_additive(const std::string& metric) const;

 private:
  // Of one cell, by currency; "" for what is no money.
  using Parts = std::map<std::string, Amount>;
  using Cells = std::map<Bucket, Parts>;
  struct Figure {
    bool present = false;
    bool unconverted = false;
    std::int64_t micros = 0;
  };
  struct Inputs {
    std::vector<double> values;
    bool any_figure = false;    // of any input
    bool all_figures = true;    // every input has one
    bool plain_figure = false;  // of an input over the target's own window
    bool unconverted = false;
    bool own_unconverted = false;   // not only of the objective or of earlier weeks
    bool week_unconverted = false;  // in one of the four weeks before
    bool no_hours = false;
    bool zero = false;
    bool rounded = false;
    bool does_not_add = false;  // several figures that must not be added
  };

  void advance(Timestamp now);
  void learn(const ObservationBatch& batch);
  void forget();
  Figure figure_of(const Parts& parts, Day day) const;
  NaiveSum day_sum(const Cells& cells, DayRange days) const;
  NaiveSum hour_sum(const Cells& cells, const std::vector<Bucket>& hours) const;
  // The last so many hours of the calendar, without the newest `earlier` of them.
  std::vector<Bucket> last_hours(int count, int earlier) const;
  double today_elapsed() const;  // share, to the end of the current hour
  Inputs inputs(const Target& target, const Objective& objective, const Entity& node,
                const std::optional<Bound>& bound) const;
  double reported_share(const Target& target, const Objective& objective) const;
  // Of the objective, in a bucket that `in` says yes to.
  bool any_figure(const std::string& metric, const Objective& objective,
                  const std::function<bool(const Bucket&)>& in) const;
  bool is_over(const Target& target) const;  // a flight that is closed
  std::optional<Bound> bound_of(const Target& target, const Entity& node) const;
  NaiveVerdict judge_alone(const Target& target, const Objective& objective, const Entity& node,
                           const Sides* paced) const;
  void judge_without_results(const Target& target, const std::vector<double>& inputs, bool volume_reached,
                             NaiveVerdict& verdict) const;
  bool volume_reached(const Target& target, const Objective& objective, const Entity& node) const;

  Strategy strategy_;
  Calendar calendar_;
  Timestamp now_{};
  std::optional<Day> head_;  // the newest day that is held
  std::map<std::string, std::map<Entity, Cells>> figures_;
  std::set<Entity> reported_;
  ExchangeRates rates_;
};

}  // namespace tightrope::rules::testing
