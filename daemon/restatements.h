// What came to be known after the fact, and what it would have changed: the alerts that fired as known then,
// held against the figures of today.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/alert_windows.h"
#include "daemon/journal.h"
#include "rules/engine.h"

namespace tightrope::daemon {

// An alert's life in one of two replays of the same days. Alive when it fired within them or went on into
// them.
struct AlertLife {
  rules::Alert alert;
  bool in_days = false;  // it fired within the days asked for
};

// An alert that today's figures would have changed.
struct RestatedAlert {
  rules::Alert alert;  // as known then; for would_have_fired, as known now
  double value_then = rules::kUndefined;
  double value_now = rules::kUndefined;  // over the same window
  bool fires_now = false;                // an alert of the same target and entity fires on today's figures
  std::optional<rules::Timestamp> fired_at_now = {};  // the nearest of those
  std::vector<LaterFigure> figures = {};              // by bucket and metric; at most kMostLaterFigures
  std::uint32_t figures_left_out = 0;
};
constexpr std::size_t kMostLaterFigures = 200;

struct Restatements {
  std::vector<RestatedAlert> would_not_have_fired;  // each list in the order of firing
  std::vector<RestatedAlert> would_have_fired;
  // It fires either way, on a value that differs by more than a tenth or on another day.
  std::vector<RestatedAlert> changed;
  bool empty() const noexcept {
    return would_not_have_fired.empty() && would_have_fired.empty() && changed.empty();
  }
};

// Reads the journal once, for the figures in the alerts' windows only: memory follows from the alerts, not
// from the journal. An alert `now` and one `then` are the same miss when their lives are no further apart
// than two days. Figures that arrive as late as usual, within a day, do not make an alert "changed".
std::variant<Restatements, JournalError> find_restatements(Journal& journal, const rules::Strategy& strategy,
                                                           const std::vector<AlertLife>& then,
                                                           const std::vector<AlertLife>& now);

}  // namespace tightrope::daemon
