// What a backtest says of alerts that later figures would have changed: for a terminal and as JSON.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <iosfwd>
#include <string>

#include "daemon/restatements.h"
#include "rules/calendar.h"

namespace tightrope::daemon::commands {

// Always says something: that there are none is worth knowing.
void print_restatements(const rules::Calendar& calendar, const Restatements& restatements, std::ostream& out);

// Of all clients.
struct RestatementsJson {
  boost::json::array would_not_have_fired, would_have_fired, changed;
  boost::json::object take() &&;
};
void add_restatements_json(const std::string& client, const rules::Calendar& calendar,
                           const Restatements& restatements, RestatementsJson& to);

}  // namespace tightrope::daemon::commands
