// Keys of connector files, and of what they share with http_json.
#include <algorithm>
#include <array>

#include "config/key_table.h"

namespace tightrope::config {
namespace {

constexpr std::array<std::string_view, 2> kMethods{"GET", "POST"};
constexpr std::array<std::string_view, 6> kTypes{"text", "digits", "integer", "boolean", "choice", "url"};
constexpr std::array<std::string_view, 2> kClientPlaces{"form", "header"};
constexpr std::array<std::string_view, 1> kRelations{"next"};
constexpr std::array<std::string_view, 3> kFormats{"json", "ndjson", "csv"};
constexpr std::array<std::string_view, 2> kIfAbsent{"zero", "empty"};
constexpr std::array<std::string_view, 1> kRecordsOnly{"records"};
constexpr std::array<std::string_view, 6> kUnits{"number", "count",    "money",
                                                 "ratio",  "duration", "per_money"};
constexpr std::array<std::string_view, 8> kMeanings{"throttled", "temporary", "token_expired", "unauthorized",
                                                    "rejected",  "too_large", "no_data",       "good"};
constexpr std::array<std::string_view, 3> kForms{"remaining", "percent", "fraction"};

// Tables that have keys in common, joined in their order.
template <std::size_t... Sizes>
constexpr auto joined(const std::array<Key, Sizes>&... parts) {
  std::array<Key, (Sizes + ...)> all{};
  auto next = all.begin();
  ((next = std::copy(parts.begin(), parts.end(), next)), ...);
  return all;
}

// What a file says once for all of its reports, or a report for itself.
constexpr std::array<Key, 11> kReading{{
    {.name = "request", .shape = Shape::mapping, .about = "What is asked", .table = &kRequestKeys},
    {.name = "days_before",
     .shape = Shape::integer,
     .about = "Requests ask for so many more days ahead: of what begins on one day and ends on the next"},
    {.name = "max_days", .shape = Shape::integer, .about = "Days of one request; all at once unless given"},
    {.name = "pagination",
     .shape = Shape::mapping,
     .about = "How to come to the next page",
     .table = &kPaginationKeys},
    {.name = "max_pages", .shape = Shape::integer, .about = "More are an error; 1000 unless given"},
    {.name = "records",
     .shape = Shape::scalar_or_mapping,
     .about = "Where the records are: a path, or more about them",
     .table = &kRecordsKeys},
    {.name = "fields",
     .shape = Shape::fields,
     .about = "date, dimensions, currency and metrics: a path, a name, or a formula over names",
     .table = &kFieldKeys},
    {.name = "date_format",
     .shape = Shape::text,
     .about = "strptime's, or unix, unix_ms, rfc3339; %Y-%m-%d unless given"},
    {.name = "whole_days", .shape = Shape::boolean, .about = "Of instants and hours only the day counts"},
    {.name = "decimal_comma", .shape = Shape::boolean, .about = "Figures given as text: 1.234,56"},
    {.name = "missing", .shape = Shape::texts, .about = "Texts that mean: not reported"},
}};

constexpr std::array<Key, 12> kOfConnector{{
    {.name = "connector",
     .shape = Shape::identifier,
     .about = "Its name, as sources say it",
     .required = true},
    {.name = "about", .shape = Shape::text, .about = "One line for people", .required = true},
    {.name = "documentation", .shape = Shape::url, .about = "The vendor's own"},
    {.name = "base_url",
     .shape = Shape::text_template,
     .about = "Scheme and host; {base_url} in templates, and a key of `with:`",
     .required = true},
    {.name = "token_url", .shape = Shape::text_template, .about = "Where OAuth2 tokens come from; likewise"},
    {.name = "dimensions",
     .shape = Shape::names,
     .about = "Dimensions besides channel, campaign, ad_group and ad that fields may name: left out where an "
              "installation does not have them"},
    {.name = "parameters",
     .shape = Shape::named_mappings,
     .about = "What users give under `with:`; {name} in templates",
     .table = &kParameterKeys},
    {.name = "secrets",
     .shape = Shape::named_mappings,
     .about = "What users give under `secrets:`; {name} in headers and auth",
     .table = &kSecretParameterKeys},
    {.name = "reports",
     .shape = Shape::named_mappings,
     .about = "Several reports of one vendor; what stands at the top holds for each that does not say it",
     .table = &kReportKeys},
    {.name = "defaults",
     .shape = Shape::mapping,
     .about = "What sources have unless they say else",
     .table = &kDefaultKeys},
    {.name = "constants", .shape = Shape::text_map, .about = "Dimensions with one value for all records"},
    {.name = "auth",
     .shape = Shape::one_or_more,
     .about = "How secrets are sent; of several the first whose secrets are all given",
     .table = &kAuthKeys},
}};
constexpr std::array<Key, 4> kAboutAnswers{{
    {.name = "limits",
     .shape = Shape::mapping,
     .about = "What sources of one account may ask together",
     .table = &kRateLimitKeys},
    {.name = "answers",
     .shape = Shape::mappings,
     .about = "What answers mean; the first that holds decides, else the status",
     .table = &kAnswerKeys},
    {.name = "usage",
     .shape = Shape::mappings,
     .about = "What good answers tell about how much is left",
     .table = &kUsageKeys},
    {.name = "job",
     .shape = Shape::mapping,
     .about = "A report that is made first and fetched then",
     .table = &kJobKeys},
}};
constexpr auto kConnector = joined(kOfConnector, kReading, kAboutAnswers);

constexpr std::array<Key, 4> kOfReport{{
    {.name = "about", .shape = Shape::text, .about = "One line for people"},
    {.name = "defaults", .shape = Shape::mapping, .about = "As at the top", .table = &kDefaultKeys},
    {.name = "constants", .shape = Shape::text_map, .about = "As at the top"},
    {.name = "auth", .shape = Shape::one_or_more, .about = "As at the top", .table = &kAuthKeys},
}};
constexpr std::array<Key, 4> kAsAtTheTop{{
    {.name = "limits", .shape = Shape::mapping, .about = "As at the top", .table = &kRateLimitKeys},
    {.name = "answers", .shape = Shape::mappings, .about = "As at the top", .table = &kAnswerKeys},
    {.name = "usage", .shape = Shape::mappings, .about = "As at the top", .table = &kUsageKeys},
    {.name = "job", .shape = Shape::mapping, .about = "As at the top", .table = &kJobKeys},
}};
constexpr auto kReport = joined(kOfReport, kReading, kAsAtTheTop);

constexpr std::array<Key, 6> kParameter{{
    {.name = "about", .shape = Shape::text, .about = "One line for people", .required = true},
    {.name = "type", .shape = Shape::choice, .about = "text unless given", .choices = kTypes},
    {.name = "choices", .shape = Shape::texts, .about = "Of type: choice"},
    {.name = "required", .shape = Shape::boolean, .about = "false unless given"},
    {.name = "otherwise",
     .shape = Shape::text_template,
     .about = "What it is unless given; may name parameters above it"},
    {.name = "strip",
     .shape = Shape::text,
     .about = "Characters taken out of what people paste: \"-\" of 123-456-7890"},
}};
constexpr std::array<Key, 2> kSecretParameter{{
    {.name = "about", .shape = Shape::text, .about = "One line for people", .required = true},
    {.name = "required", .shape = Shape::boolean, .about = "false unless given"},
}};

constexpr std::array<Key, 5> kDefault{{
    {.name = "every", .shape = Shape::duration, .about = "Between polls"},
    {.name = "lookback", .shape = Shape::duration, .about = "Whole days to read again, today included"},
    {.name = "deadline", .shape = Shape::duration, .about = "For one poll with all its pages; at most 2h"},
    {.name = "timezone", .shape = Shape::text, .about = "Of the vendor's days, where it is always the same"},
    {.name = "currency", .shape = Shape::text, .about = "Of its money, likewise"},
}};

constexpr std::array<Key, 6> kAuth{{
    {.name = "oauth2_refresh",
     .shape = Shape::mapping,
     .about = "Access tokens for a refresh token",
     .table = &kOauthRefreshKeys},
    {.name = "oauth2_client",
     .shape = Shape::mapping,
     .about = "Access tokens for the client itself",
     .table = &kOauthClientKeys},
    {.name = "bearer", .shape = Shape::text_template, .about = "Authorization: Bearer, and this"},
    {.name = "basic", .shape = Shape::mapping, .about = "User and password", .table = &kBasicAuthKeys},
    {.name = "header", .shape = Shape::mapping, .about = "A header of its own", .table = &kNamedAuthKeys},
    {.name = "query",
     .shape = Shape::mapping,
     .about = "A query parameter: the last resort, for addresses are logged",
     .table = &kNamedAuthKeys},
}};
constexpr std::array<Key, 5> kOauthRefresh{{
    {.name = "client_id", .shape = Shape::text_template, .about = "Template", .required = true},
    {.name = "client_secret", .shape = Shape::text_template, .about = "Template; none of public clients"},
    {.name = "refresh_token", .shape = Shape::text_template, .about = "Template", .required = true},
    {.name = "scope", .shape = Shape::text_template, .about = "Where the vendor wants it again"},
    {.name = "client",
     .shape = Shape::choice,
     .about = "Where the client's id and secret are sent; form unless given",
     .choices = kClientPlaces},
}};
constexpr std::array<Key, 4> kOauthClient{{
    {.name = "client_id", .shape = Shape::text_template, .about = "Template", .required = true},
    {.name = "client_secret", .shape = Shape::text_template, .about = "Template", .required = true},
    {.name = "scope", .shape = Shape::text_template, .about = "What is asked for"},
    {.name = "client",
     .shape = Shape::choice,
     .about = "Where the client's id and secret are sent; form unless given",
     .choices = kClientPlaces},
}};
constexpr std::array<Key, 2> kBasicAuth{{
    {.name = "user", .shape = Shape::text_template, .about = "Template", .required = true},
    {.name = "password", .shape = Shape::text_template, .about = "Template; empty unless given"},
}};
constexpr std::array<Key, 2> kNamedAuth{{
    {.name = "name", .shape = Shape::text, .about = "Of the header or parameter", .required = true},
    {.name = "value", .shape = Shape::text_template, .about = "Template", .required = true},
}};

constexpr std::array<Key, 8> kRequest{{
    {.name = "method",
     .shape = Shape::choice,
     .about = "GET unless given, or POST where there is a body",
     .choices = kMethods},
    {.name = "url", .shape = Shape::text_template, .about = "Begins with {base_url}", .required = true},
    {.name = "query", .shape = Shape::text_map, .about = "Parameters; values are templates"},
    {.name = "raw_query",
     .shape = Shape::text_template,
     .about = "Sent as it is, before query: for servers that refuse encoded text"},
    {.name = "headers", .shape = Shape::text_map, .about = "Values are templates, and may name secrets"},
    {.name = "json", .shape = Shape::content, .about = "Body; texts are templates, {name:number} a number"},
    {.name = "form", .shape = Shape::text_map, .about = "Body as a form; values are templates"},
    {.name = "text", .shape = Shape::text_template, .about = "Body as it is"},
}};

constexpr std::array<Key, 4> kPagination{{
    {.name = "cursor",
     .shape = Shape::mapping,
     .about = "The answer names the next cursor",
     .table = &kCursorKeys},
    {.name = "page", .shape = Shape::mapping, .about = "Pages are counted", .table = &kPageKeys},
    {.name = "offset", .shape = Shape::mapping, .about = "Records are counted", .table = &kOffsetKeys},
    {.name = "link",
     .shape = Shape::mapping,
     .about = "The answer has the next page's address",
     .table = &kLinkKeys},
}};
constexpr std::array<Key, 8> kCursor{{
    {.name = "path",
     .shape = Shape::text,
     .about = "Path in the answer to the next cursor; absent, null, empty or false ends"},
    {.name = "pointer", .shape = Shape::text, .about = "The same as path"},
    {.name = "header", .shape = Shape::text, .about = "Or the answer's header that has it"},
    {.name = "last",
     .shape = Shape::text,
     .about = "Or the path, within the answer's last record, to what names it"},
    {.name = "more", .shape = Shape::text, .about = "Path to whether more follows: true, or not"},
    {.name = "parameter",
     .shape = Shape::text,
     .about = "The query parameter it is sent in; without it, {cursor} stands in the request"},
    {.name = "size_parameter", .shape = Shape::text, .about = "The query parameter for size"},
    {.name = "size", .shape = Shape::integer, .about = "Records of a page"},
}};
constexpr std::array<Key, 6> kPage{{
    {.name = "parameter",
     .shape = Shape::text,
     .about = "The query parameter of the page's number; without it, {page} stands in the request"},
    {.name = "first", .shape = Shape::integer, .about = "The first page's number; 1 unless given"},
    {.name = "pages",
     .shape = Shape::text,
     .about = "Path to the number of pages; without it a page that is not full is the last"},
    {.name = "total", .shape = Shape::text, .about = "Or the path to the number of records"},
    {.name = "size_parameter", .shape = Shape::text, .about = "The query parameter for size"},
    {.name = "size", .shape = Shape::integer, .about = "Records of a page; a shorter one is the last"},
}};
constexpr std::array<Key, 5> kOffset{{
    {.name = "parameter",
     .shape = Shape::text,
     .about = "The query parameter of the first record's number; without it, {offset} stands in the request"},
    {.name = "first", .shape = Shape::integer, .about = "Of the first record; 0 unless given"},
    {.name = "total",
     .shape = Shape::text,
     .about = "Path to the number of records; without it a page that is not full is the last"},
    {.name = "size_parameter", .shape = Shape::text, .about = "The query parameter for size"},
    {.name = "size", .shape = Shape::integer, .about = "Records of a page", .required = true},
}};
constexpr std::array<Key, 3> kLink{{
    {.name = "rel", .shape = Shape::choice, .about = "In the Link header", .choices = kRelations},
    {.name = "path", .shape = Shape::text, .about = "Or a path to the address in the answer"},
    {.name = "pointer", .shape = Shape::text, .about = "The same as path"},
}};

constexpr std::array<Key, 8> kRecords{{
    {.name = "format", .shape = Shape::choice, .about = "json unless given", .choices = kFormats},
    {.name = "zipped", .shape = Shape::boolean, .about = "A ZIP archive with one file; false unless given"},
    {.name = "path", .shape = Shape::text, .about = "To the list of records; the whole answer unless given"},
    {.name = "may_be_absent",
     .shape = Shape::boolean,
     .about = "The list is left out when it has no element; else nothing there is an error"},
    {.name = "zip",
     .shape = Shape::mappings,
     .about = "Names in one place and values in another: fields are names then",
     .table = &kZipKeys},
    {.name = "where",
     .shape = Shape::mappings,
     .about = "Only records for which all of these hold",
     .table = &kRecordTestKeys},
    {.name = "delimiter",
     .shape = Shape::text,
     .about = "csv: one character, tab, or auto; a comma unless given"},
    {.name = "header_row",
     .shape = Shape::integer,
     .about = "csv: counted from 1; rows above it are skipped"},
}};
constexpr std::array<Key, 2> kZip{{
    {.name = "names",
     .shape = Shape::text,
     .about = "Path in the answer, with a *: /dimensionHeaders/*/name",
     .required = true},
    {.name = "values",
     .shape = Shape::text,
     .about = "Path in a record, likewise: /dimensionValues/*/value",
     .required = true},
}};
constexpr std::array<Key, 5> kRecordTest{{
    {.name = "path", .shape = Shape::text, .about = "Within the record", .required = true},
    {.name = "is", .shape = Shape::texts, .about = "One of these texts"},
    {.name = "is_not", .shape = Shape::texts, .about = "None of these texts"},
    {.name = "contains", .shape = Shape::text, .about = "This text in it, without regard to case"},
    {.name = "absent", .shape = Shape::boolean, .about = "true: it must not be there, or be null"},
}};

constexpr std::array<Key, 9> kField{{
    {.name = "path", .shape = Shape::text, .about = "A name, or a path within the record: /metrics/spend"},
    {.name = "pointer", .shape = Shape::text, .about = "The same as path"},
    {.name = "scale",
     .shape = Shape::number,
     .about = "The figure is the field times this: 0.01 for cents, 0.000001 for micros"},
    {.name = "unit", .shape = Shape::choice, .about = "Checked against the metric's unit", .choices = kUnits},
    {.name = "minor_units",
     .shape = Shape::boolean,
     .about = "In the smallest unit of the record's currency: cents, but whole yen"},
    {.name = "absent",
     .shape = Shape::choice,
     .about = "zero: a record that lacks it says zero; empty, of dimensions: it has none",
     .choices = kIfAbsent},
    {.name = "count", .shape = Shape::choice, .about = "records: 1 for each", .choices = kRecordsOnly},
    {.name = "from",
     .shape = Shape::text,
     .about = "Path to an instant: hours from then on, on the days they lie on"},
    {.name = "to", .shape = Shape::text, .about = "Path to its end; null or absent: it still runs"},
}};

constexpr std::array<Key, 3> kRateLimits{{
    {.name = "rates", .shape = Shape::mappings, .about = "All of them hold", .table = &kRateKeys},
    {.name = "concurrent", .shape = Shape::integer, .about = "Requests at once"},
    {.name = "account",
     .shape = Shape::text_template,
     .about =
         "Sources for which it comes out alike share the limits; those with the same secrets unless given"},
}};
constexpr std::array<Key, 2> kRate{{
    {.name = "requests", .shape = Shape::integer, .about = "At most so many begin", .required = true},
    {.name = "in", .shape = Shape::duration, .about = "Within any such time", .required = true},
}};

constexpr std::array<Key, 10> kAnswer{{
    {.name = "status", .shape = Shape::text, .about = "Of HTTP: 429, 5xx or 400-499"},
    {.name = "header", .shape = Shape::text, .about = "Tests below are of its value"},
    {.name = "path", .shape = Shape::text, .about = "In the body, or in the header's value as JSON"},
    {.name = "is", .shape = Shape::texts, .about = "One of these texts"},
    {.name = "is_not", .shape = Shape::texts, .about = "There, and none of these texts"},
    {.name = "contains", .shape = Shape::text, .about = "This text in it, without regard to case"},
    {.name = "absent", .shape = Shape::boolean, .about = "true: it must not be there, or be null"},
    {.name = "means",
     .shape = Shape::choice,
     .about = "What the answer is",
     .choices = kMeanings,
     .required = true},
    {.name = "wait",
     .shape = Shape::scalar_or_mapping,
     .about = "Of throttled and temporary: a duration, or where the answer says it",
     .table = &kWaitKeys},
    {.name = "say", .shape = Shape::text, .about = "For people, behind the server's own words: what to do"},
}};
constexpr std::array<Key, 7> kTest{{
    {.name = "status", .shape = Shape::text, .about = "Of HTTP: 429, 5xx or 400-499"},
    {.name = "header", .shape = Shape::text, .about = "Tests below are of its value"},
    {.name = "path", .shape = Shape::text, .about = "In the body, or in the header's value as JSON"},
    {.name = "is", .shape = Shape::texts, .about = "One of these texts"},
    {.name = "is_not", .shape = Shape::texts, .about = "There, and none of these texts"},
    {.name = "contains", .shape = Shape::text, .about = "This text in it, without regard to case"},
    {.name = "absent", .shape = Shape::boolean, .about = "true: it must not be there, or be null"},
}};
constexpr std::array<Key, 7> kWait{{
    {.name = "at_least", .shape = Shape::duration, .about = "So long in any case"},
    {.name = "header", .shape = Shape::text, .about = "A number, a date, or JSON with the number at path"},
    {.name = "path", .shape = Shape::text, .about = "In the body: a number, \"12.5s\" or an RFC 3339 time"},
    {.name = "unit", .shape = Shape::duration, .about = "Of numbers; 1s unless given"},
    {.name = "midnight_in", .shape = Shape::text, .about = "Until the next midnight: a zone, or source"},
    {.name = "points",
     .shape = Shape::mapping,
     .about = "Points that come back at a rate",
     .table = &kPointsKeys},
    {.name = "otherwise", .shape = Shape::duration, .about = "When none of these is found"},
}};
constexpr std::array<Key, 3> kPoints{{
    {.name = "requested", .shape = Shape::text, .about = "Path to what the request costs", .required = true},
    {.name = "available", .shape = Shape::text, .about = "Path to what is left", .required = true},
    {.name = "rate", .shape = Shape::text, .about = "Path to what comes back in a second", .required = true},
}};
constexpr std::array<Key, 5> kUsage{{
    {.name = "header", .shape = Shape::text, .about = "Where it stands"},
    {.name = "path", .shape = Shape::text, .about = "In the header's value as JSON, or in the body"},
    {.name = "form",
     .shape = Shape::choice,
     .about = "3, 87.5 or 32/40",
     .choices = kForms,
     .required = true},
    {.name = "bound",
     .shape = Shape::number,
     .about = "remaining: at most so many left; else at least this share used, 0 to 1",
     .required = true},
    {.name = "wait",
     .shape = Shape::scalar_or_mapping,
     .about = "A duration, or where the answer says it",
     .table = &kWaitKeys,
     .required = true},
}};

constexpr std::array<Key, 10> kJob{{
    {.name = "when",
     .shape = Shape::text_template,
     .about = "Used only where this comes out as true; always unless given"},
    {.name = "submit",
     .shape = Shape::mapping,
     .about = "Asks for the report",
     .table = &kRequestKeys,
     .required = true},
    {.name = "id", .shape = Shape::text, .about = "Path in the answer to its name: {job}", .required = true},
    {.name = "poll",
     .shape = Shape::mapping,
     .about = "Asks whether it is ready",
     .table = &kRequestKeys,
     .required = true},
    {.name = "done",
     .shape = Shape::mappings,
     .about = "All hold: it is ready",
     .table = &kAnswerTestKeys,
     .required = true},
    {.name = "failed",
     .shape = Shape::mappings,
     .about = "One holds: it never will be",
     .table = &kAnswerTestKeys},
    {.name = "every", .shape = Shape::duration, .about = "Between polls; 10s unless given"},
    {.name = "deadline", .shape = Shape::duration, .about = "Then it is given up; 30m unless given"},
    {.name = "address",
     .shape = Shape::text,
     .about = "Path in the poll's answer to where it is, without credentials; null or absent: no rows"},
    {.name = "download",
     .shape = Shape::mapping,
     .about = "Or what asks for it, page by page",
     .table = &kRequestKeys},
}};

}  // namespace

const KeyTable kConnectorFileKeys{"connector_file", kConnector};
const KeyTable kReportKeys{"report", kReport};
const KeyTable kParameterKeys{"parameter", kParameter};
const KeyTable kSecretParameterKeys{"secret_parameter", kSecretParameter};
const KeyTable kDefaultKeys{"defaults", kDefault};
const KeyTable kAuthKeys{"auth", kAuth};
const KeyTable kOauthRefreshKeys{"oauth2_refresh", kOauthRefresh};
const KeyTable kOauthClientKeys{"oauth2_client", kOauthClient};
const KeyTable kBasicAuthKeys{"basic", kBasicAuth};
const KeyTable kNamedAuthKeys{"named_auth", kNamedAuth};
const KeyTable kRequestKeys{"request", kRequest};
const KeyTable kPaginationKeys{"pagination", kPagination};
const KeyTable kCursorKeys{"cursor", kCursor};
const KeyTable kPageKeys{"page", kPage};
const KeyTable kOffsetKeys{"offset", kOffset};
const KeyTable kLinkKeys{"link", kLink};
const KeyTable kRecordsKeys{"records", kRecords};
const KeyTable kZipKeys{"zip", kZip};
const KeyTable kRecordTestKeys{"record_test", kRecordTest};
const KeyTable kFieldKeys{"field", kField};
const KeyTable kRateLimitKeys{"rate_limits", kRateLimits};
const KeyTable kRateKeys{"rate", kRate};
const KeyTable kAnswerKeys{"answer", kAnswer};
const KeyTable kAnswerTestKeys{"answer_test", kTest};
const KeyTable kWaitKeys{"wait", kWait};
const KeyTable kPointsKeys{"points", kPoints};
const KeyTable kUsageKeys{"usage", kUsage};
const KeyTable kJobKeys{"job", kJob};

}  // namespace tightrope::config
