// Any bytes as a calendar: it is read, or refused with a line; and what takes place is of the days asked for.
#include <cstdint>
#include <cstdlib>

#include "collectors/calendar_figures.h"
#include "collectors/icalendar_document.h"

namespace {

using namespace tightrope;

void check(bool holds) {
  if (!holds) std::abort();
}

config::IcalendarSource make_source() {
  config::CalendarRule hours;
  hours.summaries = {"*a*"};
  hours.metric = "hours";
  hours.constants = {{0, "time"}};
  hours.tentative = true;
  config::CalendarRule days = hours;
  days.summaries.clear();
  days.metric = "days";
  days.measure = config::CalendarMeasure::days;
  days.dimensions = {{1, config::CalendarText::category}};
  config::IcalendarSource source;
  source.events = {hours};
  source.unmatched = days;
  return source;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  static const auto vienna = *rules::Calendar::open("Europe/Vienna", std::chrono::Monday);
  static const auto kolkata = *rules::Calendar::open("Asia/Kolkata", std::chrono::Monday);
  static const config::IcalendarSource source = make_source();
  const rules::Calendar& calendar = data[0] % 2 == 0 ? vienna : kolkata;
  const rules::Day first{20'000 + data[0]};  // 2024-10-04 and later
  const rules::DayRange asked{first, first + 40};
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto read = collectors::read_calendar_document(text, calendar, asked);
  const auto* document = std::get_if<collectors::CalendarDocument>(&read);
  if (document == nullptr) return 0;
  const rules::Timestamp begin = calendar.start_of(asked.first);
  const rules::Timestamp end = calendar.start_of(asked.last + 1);
  for (const auto& occurrence : document->occurrences) {
    check(occurrence.event < document->events.size());
    if (occurrence.all_day) {
      check(occurrence.days.first <= asked.last && asked.first <= occurrence.days.last);
    } else {
      check(occurrence.begin <= occurrence.end && occurrence.begin < end && begin <= occurrence.end);
    }
  }
  collectors::FigureTable table("fuzz", {asked, rules::Timestamp{}});
  table.begin_document();
  if (collectors::add_calendar_figures(source, *document, calendar, asked, table)) return 0;
  for (const auto& row : std::move(table).take().batch.rows) {
    check(asked.contains(row.bucket.day) && !row.value.is_missing() && row.value.micros() >= 0);
  }
  return 0;
}
