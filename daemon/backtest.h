// Which alerts would have fired: the journal's events through a fresh engine, under another strategy.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/journal.h"
#include "daemon/restatements.h"
#include "rules/engine.h"

namespace tightrope::daemon {

// then: each figure as it was known at the time, restatements when they came. now: each figure as it is known
// today, as if it had been learnt in the last moment of its day or hour.
enum class AsKnown { then, now };

struct BacktestAlert {
  rules::Alert alert;  // as it was last
  std::uint32_t amended = 0;
};

// The same journal, strategy, days and `now` give the same result.
struct Backtest {
  std::vector<BacktestAlert> fired;             // within the days asked for, in the order they fired
  std::uint64_t events = 0;                     // that were replayed
  std::optional<rules::Timestamp> first, last;  // of these
  rules::Timestamp end{};                       // of the days asked for, or `now`: where time stood at last
  // Alerts that were alive within two days of the days asked for, in the order they fired.
  std::vector<AlertLife> lives;
};

// The days end at `now` at the latest: what will be is not known. Reads only: may run beside the daemon.
// Everything from the beginning is replayed, so that the state is right when the days begin; decisions and
// acknowledgements too, as far as they find what they were about.
std::variant<Backtest, JournalError> backtest(Journal& journal, const rules::Strategy& strategy,
                                              rules::DayRange days, AsKnown as_known,
                                              std::optional<rules::Timestamp> now = {});

// Both ways, and what differs between them because of figures that were learnt later. Reads the journal once
// for the two, unless its events are out of order (history was imported after later figures), and once more
// when alerts fired.
struct BacktestComparison {
  Backtest then, now;
  Restatements restatements;
};
std::variant<BacktestComparison, JournalError> compare_backtests(Journal& journal,
                                                                 const rules::Strategy& strategy,
                                                                 rules::DayRange days,
                                                                 std::optional<rules::Timestamp> now = {});

}  // namespace tightrope::daemon
