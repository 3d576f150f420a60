// What the checks on arrival find, in a test of rules.
#include <algorithm>
#include <set>

#include "config/readers.h"
#include "config/test_readers.h"

namespace tightrope::config {

void read_findings(const std::vector<Cursor>& at, const TestReading& test, std::vector<TestStep>& steps) {
  struct Known {
    rules::Timestamp from;
    std::optional<rules::Timestamp> until;
    rules::SourceFinding finding;
  };
  std::vector<Known> all;
  std::set<rules::Timestamp> times;
  std::optional<Location> where;
  for (const auto& each : at) {
    MappingReader in(each, kTestFindingKeys);
    const auto from = read_time(in.get("at", Shape::text), test);
    const auto at_until = in.get("until", Shape::text);
    const auto until = read_time(at_until, test);
    const auto kind = in.choice("finding");
    rules::SourceFinding finding;
    finding.entity = read_entity(in, test).entity;
    finding.text = in.text("text").value_or("");
    if (!from || !kind) continue;
    if (until && *until <= *from) at_until->error("it ends before it begins");
    finding.kind = static_cast<rules::SourceFindingKind>(*kind);
    const rules::Day day = test.calendar.day_of(*from);
    finding.days = {day, day};
    if (!where) where = location_of(each);
    times.insert(*from);
    if (until) times.insert(*until);
    all.push_back({*from, until, std::move(finding)});
  }
  for (const rules::Timestamp time : times) {
    rules::SourceFindings told{time, std::string(kTestSource), {}};
    for (const Known& known : all) {
      if (known.from <= time && (!known.until || time < *known.until)) told.findings.push_back(known.finding);
    }
    steps.push_back({*where, time, std::move(told)});
  }
}

}  // namespace tightrope::config
