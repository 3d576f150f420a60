// A verdict explained: what the engine says of it, and when each of its figures was learnt.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/figure_history.h"
#include "daemon/journal.h"
#include "daemon/recovery.h"
#include "rules/engine.h"

namespace tightrope::daemon {

// How far back the events of a client reach.
struct JournalReach {
  std::optional<rules::Timestamp> from;  // time of the first event that is held
  bool whole = false;                    // it is the first there ever was
};

// A value that needs no engine any more; can be handed to another thread.
struct Explained {
  std::unique_ptr<const rules::Strategy> strategy;  // as much of it as the explanation points into
  rules::Calendar calendar;
  rules::Timestamp as_of;          // the engine's time
  rules::Explanation explanation;  // its pointers lead into `strategy`
  FigureHistory history;           // empty until read
  JournalReach reach;
};

// Nothing when the engine has no such target, or the target no such entity. The history is not read.
std::optional<Explained> explained_by(const rules::Engine& engine, std::string_view target,
                                      const rules::Entity& entity);

// Which figures the target looks at, at the entity, at a moment.
FigureQuestion question_of(const rules::Strategy& strategy, const rules::Objective& objective,
                           const rules::Target& target, const rules::Entity& entity, rules::DayRange days);

// Asked every few events whether to go on no longer.
using GiveUp = std::function<bool()>;
struct GivenUp {};

// Reads into explained.history and .reach what the journal holds until `explained.as_of`. Blocking.
std::variant<std::monostate, GivenUp, JournalError> read_history(Journal& journal, Explained& explained,
                                                                 const GiveUp& give_up);

// The engine as it was at `as_of`: fed with what was learnt, decided and acknowledged until then, in the
// order of the journal, and with nothing else. Under `strategy`; without one, under the strategies in force
// then. `on_batch` sees every batch that was learnt until then. Blocking. Empty engine: nothing was known.
using OnBatch = std::function<void(const rules::ObservationBatch&)>;
struct AsOf {
  std::optional<rules::Engine> engine;
  JournalReach reach;
};
std::variant<AsOf, GivenUp, JournalError> replay_as_of(Journal& journal, std::string_view client,
                                                       std::optional<rules::Strategy> strategy,
                                                       rules::Timestamp as_of, const OnBatch& on_batch,
                                                       const GiveUp& give_up);

// The moment that people mean by a time (RFC 3339), or by a day: the end of it in the client's zone, or now
// where that lies ahead. Else what is wrong with the text.
std::variant<rules::Timestamp, std::string> as_of_meant(const std::string& text,
                                                        const rules::Calendar& calendar,
                                                        rules::Timestamp now);

// The part of a strategy that the verdicts of one target follow from.
rules::Strategy strategy_for(const rules::Strategy& strategy, std::string_view target);

// One figure at one member of the entity, in one bucket of the window.
struct LearntCell {
  rules::Amount value;                // as the verdict was made on; may be missing
  std::optional<KnownFigure> learnt;  // nothing: not in the journal any more
  std::vector<KnownFigure> before;    // what it was, oldest first
  std::uint32_t left_out = 0;         // still earlier ones
  std::vector<std::pair<rules::Bucket, const FigureLife*>> hours;  // that a day's figure is the sum of
  bool restated = false;  // replaced another figure when the bucket was over
};
LearntCell learnt_cell(const Explained& explained, const rules::Entity& member, std::string_view metric,
                       rules::Bucket bucket, rules::Amount value);

// All of an input, by member and bucket: those that have a figure, or had one that was taken back.
struct PlacedCell {
  std::uint32_t member;
  rules::Bucket bucket;
  LearntCell cell;
};
std::vector<PlacedCell> learnt_cells(const Explained& explained, const rules::ExplainedInput& input);

}  // namespace tightrope::daemon
