// The keys that people may write, declared once: readers refuse what is not in these tables, and the JSON
// Schema is made from them. Private to config/.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tightrope::config {

// What stands behind a key. A reader that asks for a key names its shape, and a wrong one stops the program
// in debug builds, so that tables, readers and schema stay one.
enum class Shape : std::uint8_t {
  text,        // any text
  name,        // what something is called: one line of 1 to 128 bytes
  identifier,  // a name as formulas know it
  number,
  integer,
  boolean,
  duration,  // 30s, 5m, 1h30m, 1d
  size,      // 16MiB
  share,     // 0.2 or 20%
  choice,    // one of `choices`
  choices,   // a list of some of `choices`
  window,  // 7d, 24h, yesterday, today, week, month, quarter, or a flight: two days, or a mapping of `table`
  period,  // week, month, quarter, or a flight
  pacing,  // true, false, one of `choices`, or a mapping of `table`
  formula,
  text_template,  // text with {names}
  url,
  secret,       // text that is never shown; has a twin that names a file, `<key>_file`
  texts,        // a text or a list of texts, of `choices` where there are any
  names,        // a list of names
  text_map,     // any keys, each with a text
  other_names,  // any names, each with a text or a list of texts
  mapping,      // of `table`
  mappings,     // a list of mappings of `table`
  one_or_more,  // a mapping of `table`, or a list of them
  bound,        // a figure or percentage, or a list of {from: date, value: figure}
  range,        // [low, high], or a list of {from: date, value: [low, high]}
  volume,       // a figure, or figures by metric
  globs,        // any dimensions, each with a text or a list of texts
  exceptions,   // a list of any dimensions with texts, and one bound
  formulas,     // any names, each with a formula, in order
  directions,   // any levers, each with up or down
  fields,       // any of date, dimensions and metrics, each with a text or a mapping of `table`
  content,      // text, or a mapping that becomes JSON
  // Any names, each with a mapping of `table`; and a single value or a mapping of `table`.
  named_mappings,
  scalar_or_mapping,
  by_connector,  // a mapping whose table depends on the source's connector
};

struct KeyTable;

struct Key {
  std::string_view name;
  Shape shape;
  std::string_view about;  // one line for people, in the schema and in editors
  const KeyTable* table = nullptr;
  std::span<const std::string_view> choices = {};
  bool required = false;
};

struct KeyTable {
  std::string_view title;  // in messages and as the name of its definition in the schema
  std::span<const Key> keys;
  // Further keys are names of the strategy, such as metrics and dimensions; the reader checks them.
  bool open = false;

  const Key* find(std::string_view name) const noexcept;
};

// The own keys of a kind that is built in: under `with:` and under `secrets:`.
struct ConnectorKeys {
  std::string_view name;
  const KeyTable* with;
  const KeyTable* secrets;
  std::string_view about = {};  // one line for people
};
std::span<const ConnectorKeys> connectors() noexcept;

extern const KeyTable kTopKeys;
extern const KeyTable kMetricKeys;
extern const KeyTable kKpiKeys;
extern const KeyTable kClientKeys;
extern const KeyTable kFiscalKeys;
extern const KeyTable kIdentityKeys;
extern const KeyTable kObjectiveKeys;
extern const KeyTable kLookAtKeys;
extern const KeyTable kBudgetKeys;
extern const KeyTable kFlightKeys;
extern const KeyTable kTargetKeys;
extern const KeyTable kPacingKeys;
extern const KeyTable kDatedBoundKeys;
extern const KeyTable kDatedRangeKeys;
extern const KeyTable kPlaybookKeys;
extern const KeyTable kAppliesKeys;
extern const KeyTable kLimitsKeys;
extern const KeyTable kSourceKeys;
extern const KeyTable kRatesKeys;
extern const KeyTable kChecksKeys;
extern const KeyTable kCsvKeys;
extern const KeyTable kColumnKeys;
extern const KeyTable kSpreadKeys;
extern const KeyTable kHttpJsonKeys;
extern const KeyTable kFieldKeys;
extern const KeyTable kPaginationKeys;
extern const KeyTable kCursorKeys;
extern const KeyTable kPageKeys;
extern const KeyTable kOffsetKeys;
extern const KeyTable kLinkKeys;
extern const KeyTable kHttpSecretKeys;
extern const KeyTable kConnectorFileKeys;
extern const KeyTable kReportKeys;
extern const KeyTable kParameterKeys;
extern const KeyTable kSecretParameterKeys;
extern const KeyTable kDefaultKeys;
extern const KeyTable kAuthKeys;
extern const KeyTable kOauthRefreshKeys;
extern const KeyTable kOauthClientKeys;
extern const KeyTable kBasicAuthKeys;
extern const KeyTable kNamedAuthKeys;
extern const KeyTable kRequestKeys;
extern const KeyTable kRecordsKeys;
extern const KeyTable kZipKeys;
extern const KeyTable kRecordTestKeys;
extern const KeyTable kRateLimitKeys;
extern const KeyTable kRateKeys;
extern const KeyTable kAnswerKeys;
extern const KeyTable kAnswerTestKeys;
extern const KeyTable kWaitKeys;
extern const KeyTable kPointsKeys;
extern const KeyTable kUsageKeys;
extern const KeyTable kJobKeys;
extern const KeyTable kSqlKeys;
extern const KeyTable kSqlSecretKeys;
extern const KeyTable kNoKeys;
extern const KeyTable kPrometheusKeys;
extern const KeyTable kPrometheusSecretKeys;
extern const KeyTable kIcalendarKeys;
extern const KeyTable kIcalendarSecretKeys;
extern const KeyTable kCalendarRuleKeys;
extern const KeyTable kCalendarWhenKeys;
extern const KeyTable kCalendarRestKeys;
extern const KeyTable kGoogleSheetsKeys;
extern const KeyTable kGoogleSheetsSecretKeys;
extern const KeyTable kReceiverKeys;
extern const KeyTable kWebhookKeys;
extern const KeyTable kAlertmanagerKeys;
extern const KeyTable kSlackKeys;
extern const KeyTable kRouteKeys;
extern const KeyTable kExportKeys;
extern const KeyTable kJournalKeys;
extern const KeyTable kHttpKeys;
extern const KeyTable kTestFileKeys;
extern const KeyTable kTestKeys;
extern const KeyTable kTestSeriesKeys;
extern const KeyTable kTestRatesKeys;
extern const KeyTable kTestAcknowledgementKeys;
extern const KeyTable kTestDecisionKeys;
extern const KeyTable kTestFindingKeys;
extern const KeyTable kExpectationKeys;
extern const KeyTable kExpectedVerdictKeys;
extern const KeyTable kExpectedAlertKeys;
extern const KeyTable kExpectedAdviceKeys;

}  // namespace tightrope::config
