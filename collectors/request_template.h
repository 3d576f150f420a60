// The texts of a request, with the dates of what is asked for.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/http_source.h"
#include "rules/calendar.h"

namespace tightrope::collectors {

// What the names in a template stand for.
//   {from} {to}      the first and the last day. Formats: strftime's; "unix", "unix_ms", "rfc3339" are the
//   day's first instant
//                    for `from`, and its last second (millisecond for unix_ms) for `to`. Without one:
//                    %Y-%m-%d.
//   {now}            the instant of asking, in UTC. The same formats; without one: rfc3339.
//   {page} {offset} {cursor}   where the pagination stands; the cursor is empty for the first page.
//   {job}            the report that was asked for, once it has a name.
//   any other        a parameter or a secret of the source.
// Everything else in braces stays as it is: bodies are JSON. A format that is or ends with
// "number", {from:%m:number}, takes leading zeros away; see fill_json.
struct TemplateValues {
  rules::DayRange days = {};
  rules::Timestamp now = {};
  const rules::Calendar* calendar;  // of the source
  std::int64_t page = 1;
  std::int64_t offset = 0;
  std::string cursor = {};
  std::string job = {};
  const config::HttpSource* source = nullptr;  // for parameters and secrets; null: there are none
};

// How a value is written so that it cannot break out of its place.
enum class Escaping : std::uint8_t { none, percent, json };

// Whether a request with this text in it asks for the days from a first one on.
bool asks_for_days(std::string_view text) noexcept;

std::string fill_template(std::string_view text, const TemplateValues& values, Escaping escaping);

// Whether it is made of names in braces and nothing else: left out of a request where it comes out empty.
bool is_names_alone(std::string_view text, const TemplateValues& values);

// Whether a secret of the source stands in it.
bool has_secret(std::string_view text, const config::HttpSource& source);

// JSON whose texts are templates, filled in. A text that is "{name:number}" becomes a number, and so does
// "{from:%m:number}". Members and
// elements that are made of names alone and come out empty are left out, and so are objects that become empty
// by that.
std::string fill_json(const boost::json::value& json, const TemplateValues& values);

}  // namespace tightrope::collectors
