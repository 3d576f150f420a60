// Keys of what prometheus, icalendar and google_sheets take under `with:` and `secrets:`.
#include <array>

#include "config/key_table.h"

namespace tightrope::config {
namespace {

constexpr std::array<std::string_view, 2> kPer{"day", "hour"};
constexpr std::array<std::string_view, 2> kMeasures{"hours", "days"};

constexpr std::array<Key, 7> kPrometheus{{
    {.name = "base_url",
     .shape = Shape::url,
     .about = "Of the server, before /api/v1: http://prometheus:9090",
     .required = true},
    {.name = "queries",
     .shape = Shape::text_map,
     .about =
         "Metrics, each with its PromQL; {window} is the length of the day or hour: increase(x[{window}])",
     .required = true},
    {.name = "labels", .shape = Shape::text_map, .about = "Dimensions, each with the label it is read from"},
    {.name = "constants", .shape = Shape::text_map, .about = "Dimensions with one value for all series"},
    {.name = "per",
     .shape = Shape::choice,
     .about = "day: an instant query at each day's end; hour: a range query for each day. day unless given",
     .choices = kPer},
    {.name = "user", .shape = Shape::text, .about = "With secrets.password, for basic authentication"},
    {.name = "allow_private_addresses", .shape = Shape::boolean, .about = "As on the source"},
}};
constexpr std::array<Key, 2> kPrometheusSecret{{
    {.name = "token", .shape = Shape::secret, .about = "A bearer token"},
    {.name = "password", .shape = Shape::secret, .about = "Of with.user"},
}};

constexpr std::array<Key, 6> kIcalendar{{
    {.name = "path", .shape = Shape::text, .about = "A file, relative to this one"},
    {.name = "url",
     .shape = Shape::text,
     .about = "Or an address that anyone may know; others under secrets"},
    {.name = "user", .shape = Shape::text, .about = "With secrets.password, for basic authentication"},
    {.name = "events",
     .shape = Shape::mappings,
     .about = "What events come to; the first that fits an event takes it",
     .table = &kCalendarRuleKeys,
     .required = true},
    {.name = "unmatched",
     .shape = Shape::mapping,
     .about = "What events come to that none of those fits; nothing unless given",
     .table = &kCalendarRestKeys},
    {.name = "allow_private_addresses", .shape = Shape::boolean, .about = "As on the source"},
}};
constexpr std::array<Key, 2> kIcalendarSecret{{
    {.name = "url",
     .shape = Shape::secret,
     .about = "The address, where it is all that protects the calendar"},
    {.name = "password", .shape = Shape::secret, .about = "Of with.user"},
}};
constexpr std::array<Key, 2> kCalendarWhen{{
    {.name = "category", .shape = Shape::texts, .about = "Globs, of which one of its categories matches any"},
    {.name = "summary", .shape = Shape::texts, .about = "Globs, of which its title matches any"},
}};

constexpr Key kMetric{
    .name = "metric", .shape = Shape::identifier, .about = "What is figured", .required = true};
constexpr Key kMeasure{
    .name = "measure",
    .shape = Shape::choice,
    .about = "hours, elapsed; or days, 1 for each that an event touches. hours unless given",
    .choices = kMeasures};
constexpr Key kSet{.name = "set", .shape = Shape::text_map, .about = "Dimensions with a fixed value"};
constexpr Key kTake{.name = "take",
                    .shape = Shape::text_map,
                    .about = "Dimensions that are read from the event: summary or category"};
constexpr Key kAllDay{.name = "all_day",
                      .shape = Shape::duration,
                      .about = "What a day of an all-day event counts, of hours; the whole day unless given"};
constexpr Key kTransparent{.name = "transparent",
                           .shape = Shape::boolean,
                           .about =
                               "Count events that leave their time free; of days true unless given, of "
                               "hours false"};
constexpr Key kTentative{.name = "tentative",
                         .shape = Shape::boolean,
                         .about = "Count events that are not settled yet; false unless given"};
constexpr std::array<Key, 8> kCalendarRule{{
    {.name = "when",
     .shape = Shape::mapping,
     .about = "Which events it is for",
     .table = &kCalendarWhenKeys,
     .required = true},
    kMetric,
    kMeasure,
    kSet,
    kTake,
    kAllDay,
    kTransparent,
    kTentative,
}};
constexpr std::array<Key, 7> kCalendarRest{kMetric, kMeasure, kSet, kTake, kAllDay, kTransparent, kTentative};

constexpr std::array<Key, 12> kGoogleSheets{{
    {.name = "key",
     .shape = Shape::text,
     .about = "Of the spreadsheet: what stands between /d/ and /edit in its address",
     .required = true},
    {.name = "gid", .shape = Shape::integer, .about = "Of the tab: what follows gid= there; 0 unless given"},
    {.name = "published",
     .shape = Shape::boolean,
     .about = "It is published to the web, and key is what stands between /d/e/ and /pub"},
    {.name = "base_url", .shape = Shape::url, .about = "https://docs.google.com unless given"},
    {.name = "header_row", .shape = Shape::integer, .about = "Counted from 1; rows above it are skipped"},
    {.name = "columns",
     .shape = Shape::fields,
     .about = "date, dimensions and metrics (of rates: date, currency and rate, or date and rates): the "
              "column's name, or a formula over columns",
     .table = &kColumnKeys,
     .required = true},
    {.name = "constants", .shape = Shape::text_map, .about = "Dimensions with one value for all rows"},
    {.name = "date_format",
     .shape = Shape::text,
     .about = "As the sheet shows dates: strptime's; %Y-%m-%d unless given"},
    {.name = "decimal_comma", .shape = Shape::boolean, .about = "1.234,56; false unless given"},
    {.name = "missing", .shape = Shape::texts, .about = "Texts that mean: not reported"},
    {.name = "spread",
     .shape = Shape::mapping,
     .about = "Dates stand in the header, one column each",
     .table = &kSpreadKeys},
    {.name = "allow_private_addresses", .shape = Shape::boolean, .about = "As on the source"},
}};
constexpr std::array<Key, 1> kGoogleSheetsSecret{{
    {.name = "token",
     .shape = Shape::secret,
     .about = "An OAuth token, for a sheet that is not shared by link"},
}};

}  // namespace

const KeyTable kPrometheusKeys{"prometheus", kPrometheus};
const KeyTable kPrometheusSecretKeys{"prometheus_secrets", kPrometheusSecret};
const KeyTable kIcalendarKeys{"icalendar", kIcalendar};
const KeyTable kIcalendarSecretKeys{"icalendar_secrets", kIcalendarSecret};
const KeyTable kCalendarRuleKeys{"calendar_rule", kCalendarRule};
const KeyTable kCalendarWhenKeys{"calendar_when", kCalendarWhen};
const KeyTable kCalendarRestKeys{"calendar_rest", kCalendarRest};
const KeyTable kGoogleSheetsKeys{"google_sheets", kGoogleSheets};
const KeyTable kGoogleSheetsSecretKeys{"google_sheets_secrets", kGoogleSheetsSecret};

}  // namespace tightrope::config
