// Events of a calendar, made into figures by the rules of its source.
#pragma once

#include <optional>
#include <string>

#include "collectors/figure_table.h"
#include "collectors/icalendar_document.h"
#include "config/icalendar_source.h"

namespace tightrope::collectors {

// Puts the hours and days of the occurrences into the table, by days of `calendar`: an event over midnight
// counts for both days, and each day its own elapsed time. The first rule that fits an event takes it, and
// then says whether it counts; so one event makes one figure at most.
//
// A rule whose dimensions are all constant says something of every day: of one without an event, 0. A rule
// that takes a dimension from its events cannot know which there might have been. A calendar without a single
// event says nothing at all: that is what a calendar looks like which is shared no longer.
//
// What is wrong, or nothing.
std::optional<std::string> add_calendar_figures(const config::IcalendarSource& source,
                                                const CalendarDocument& document,
                                                const rules::Calendar& calendar, rules::DayRange days,
                                                FigureTable& table);

}  // namespace tightrope::collectors
