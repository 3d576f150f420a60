// Readers of the sections of a test file. Private to config/.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/local_time.h"
#include "config/rule_tests.h"
#include "config/yaml_cursor.h"
#include "rules/calendar.h"

namespace tightrope::config {

// What the readers of one case share. Borrowed.
struct TestReading {
  const rules::Strategy& strategy;
  const rules::Calendar& calendar;
  // Nothing is known of targets, playbooks and metrics: the strategy could not be read, or the client not be
  // found, which was reported.
  bool nameless = false;
  bool start_unreadable = false;  // `start:` is written and was reported
};

Location location_of(const Cursor& at);

// A time in the client's zone; nothing after reporting that it is none.
std::optional<rules::Timestamp> read_time(const std::optional<Cursor>& at, const TestReading& test,
                                          DayMeans day_means = DayMeans::last_moment);

// Who gave the figures of a case.
inline constexpr std::string_view kTestSource = "test";

struct NamedEntity {
  rules::Entity entity;
  bool given = false;  // whether anything was written
};
// The entity of `entity:` and of the keys that are dimensions. What else stands in the mapping is handed to
// `other`, or reported as unknown where there is none.
using OtherKey = std::function<bool(const std::string& key, const Cursor& value)>;  // false: unknown
NamedEntity read_entity(MappingReader& in, const TestReading& test, const OtherKey& other = nullptr,
                        const std::vector<std::string>& other_names = {});

// `target:` and its entity, checked against the target's level.
struct NamedCheck {
  std::string target;
  rules::Entity entity;
};
NamedCheck read_check(MappingReader& in, const TestReading& test);
// The name, after reporting that there is no such playbook.
std::string read_playbook_name(const Cursor& at, const TestReading& test);

RuleTest read_rule_test(const Cursor& at, const std::vector<rules::Strategy>& strategies, bool incomplete);
std::vector<TestStep> read_observations(const std::vector<Cursor>& series, const std::vector<Cursor>& rates,
                                        std::optional<rules::Timestamp> start, const TestReading& test);
// All of the source that the observations are of.
void read_findings(const std::vector<Cursor>& at, const TestReading& test, std::vector<TestStep>& steps);
std::vector<Expectation> read_expectations(const std::vector<Cursor>& at,
                                           std::optional<rules::Timestamp> start, const TestReading& test);

}  // namespace tightrope::config
