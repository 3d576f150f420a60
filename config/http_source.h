// How figures are read over HTTP: what http_json says in place, and what a connector file says once for all
// who use that vendor. One collector serves both.
//
// A "template" is a text with names in braces; see collectors/request_template.h for those that every request
// has ({from}, {to}, {now}, {page}, {offset}, {cursor}, {job}). Of a connector, its parameters and secrets
// are such names too, and so are {base_url} and {token_url}.
//
// A "path" leads into JSON: a JSON pointer (RFC 6901) in which a token may also be `*`, every element of an
// array or member of an object, or end in `[key=value]`, the first element of an array whose member `key` is
// `value`: "/actions[action_type=purchase]/value". Relative to a record, `^` in front is what holds the
// record's list, "^/project_id", and `$` the whole answer: "$/metadata/currency". A path without a slash is
// the name of a member.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/field_mapping.h"
#include "config/rare.h"
#include "config/secret.h"
#include "rules/units.h"

namespace tightrope::config {

using TextPairs = std::vector<std::pair<std::string, std::string>>;

enum class BodyKind : std::uint8_t { none, text, json, form };

// A header, a query parameter, a form field or a member of a JSON body that is made of names alone and comes
// out empty is left out.
struct HttpRequest {
  std::string method = "GET";  // or POST
  std::string url;             // template
  TextPairs query;             // values are templates, percent-encoded when sent
  std::string raw_query;  // template, sent as it is, before `query`: for servers that refuse encoded text
  TextPairs headers;      // values are templates
  BodyKind body_kind = BodyKind::none;
  std::string body;  // text: a template; json: JSON whose strings are templates, and where a string that is
                     // "{name:number}" becomes a number
  TextPairs form;    // form: values are templates
  friend bool operator==(const HttpRequest&, const HttpRequest&) = default;
};

enum class AuthKind : std::uint8_t { none, bearer, basic, header, query, oauth2_refresh, oauth2_client };
struct HttpAuth {
  AuthKind kind = AuthKind::none;
  std::string value;  // template. bearer: the token; basic: the password; header, query: what is sent
  std::string name;   // header, query: of the header or parameter
  std::string user;   // template. basic
  // OAuth2 (RFC 6749): templates.
  std::string token_url, client_id, client_secret, refresh_token, scope;
  bool client_in_header =
      false;  // the client's id and secret are sent by basic authentication, not in the form
  friend bool operator==(const HttpAuth&, const HttpAuth&) = default;
};

enum class PaginationKind : std::uint8_t { none, cursor, page, offset, link };
struct Pagination {
  PaginationKind kind = PaginationKind::none;
  std::string cursor_pointer;     // cursor: path in the answer to the next cursor (absent, null, "" or false
                                  // ends); link: to the next URL, or "" for the Link header's rel="next"
  std::string cursor_header;      // cursor: or the answer's header that has it, in lower case
  std::string cursor_last;        // cursor: or the path, within the answer's last record, to what names it
  std::string more_pointer;       // "" or the path in the answer to whether more follows: true, or not
  std::string total_pointer;      // page: path to the number of pages; offset: to that of records; "" where a
                                  // page that is not full is the last
  bool total_is_records = false;  // page: total_pointer leads to the number of records
  std::string parameter;          // cursor, page, offset: the query parameter it is sent in
  std::string size_parameter;     // "" or the query parameter for page_size
  int page_size = 0;
  int first_page = 1;
  int first_offset = 0;
  int most_pages = 1000;  // beyond it the poll fails: a loop
  friend bool operator==(const Pagination&, const Pagination&) = default;
};

// What can be asked of an answer. All that is given has to hold; a test of nothing holds always.
struct AnswerTest {
  int status_from = 0, status_to = 999;  // of the HTTP status
  std::string header;                    // in lower case; tests below are of its value, else of `path`
  std::string path;                      // in the answer's body, or in the header's value as JSON; several
                                         // places match when one does
  // Of the text there (numbers as written). Nothing of these: it has to be there and not be null.
  std::vector<std::string> is;
  std::vector<std::string> is_not;  // there, and none of these
  std::string contains;             // without regard to case
  bool absent = false;              // it must not be there
  friend bool operator==(const AnswerTest&, const AnswerTest&) = default;
};

// How long to wait, as an answer says it. The longest of what is given counts; `otherwise` when none is
// found.
struct Wait {
  rules::Duration fixed{0};
  std::string header;  // in lower case: a number (times `unit`), or an HTTP date
  std::string path;    // in the body, or in the header's value as JSON; the largest where there are several.
                       // A number times `unit`, "12.5s", or an RFC 3339 time
  rules::Duration unit{std::chrono::seconds(1)};
  std::string midnight_in;  // until the next midnight in this zone; "source" is the source's own
  // Points that come back at a rate: (requested - available) / rate seconds. Paths in the body.
  std::string points_requested, points_available, points_rate;
  rules::Duration otherwise{0};
  friend bool operator==(const Wait&, const Wait&) = default;
};

enum class AnswerMeaning : std::uint8_t {
  throttled,      // not before the wait is over
  temporary,      // back off and try again
  token_expired,  // a new access token, once; then as unauthorized
  unauthorized,   // somebody has to act
  rejected,       // the request is wrong
  too_large,      // ask for half as many days at a time; of one day, as rejected
  no_data,        // a good answer without records
  good,           // whatever rules after it say
};
struct AnswerRule {
  AnswerTest when;
  AnswerMeaning means = AnswerMeaning::rejected;
  Wait wait;        // throttled, temporary
  std::string say;  // for people, behind the server's own words: what to do
  friend bool operator==(const AnswerRule&, const AnswerRule&) = default;
};

// What a good answer tells about how much is left, so that nobody is refused.
struct UsageRule {
  enum class Form : std::uint8_t { remaining, percent, fraction };  // "3", "87.5", "32/40"
  std::string header;                                               // in lower case
  std::string path;  // in the header's value as JSON, or in the body where no header is given
  Form form = Form::remaining;
  double bound = 0;  // remaining: at most this much left; percent, fraction: at least this share used, 0 to 1
  Wait wait;
  friend bool operator==(const UsageRule&, const UsageRule&) = default;
};

// What sources may ask together. Sources share their limits where `account` comes out alike (connector and
// base URL given).
struct RateLimits {
  struct Rate {
    int requests = 1;
    rules::Duration in{std::chrono::seconds(1)};
    friend bool operator==(const Rate&, const Rate&) = default;
  };
  std::vector<Rate> rates;  // at most so many requests begin within any such time
  int concurrent = 0;       // at most so many at once; 0: no limit but the transfer's own
  std::string account;      // template
  friend bool operator==(const RateLimits&, const RateLimits&) = default;
};

// A report that is made first and fetched then.
struct ReportJob {
  std::string when;  // template: "" or what has to come out as "true" for it to be used
  HttpRequest submit;
  std::string id;  // path in submit's answer: {job}
  HttpRequest poll;
  std::vector<AnswerTest> done;                     // all hold in poll's answer: it is ready
  std::vector<AnswerTest> failed;                   // one holds: it never will be
  rules::Duration every{std::chrono::seconds(10)};  // between polls
  rules::Duration deadline{std::chrono::minutes(30)};
  // Where the report is: an address in poll's answer (null or absent: it has no rows), asked for without
  // credentials; or "", and `download` is asked for, page by page.
  std::string address;
  HttpRequest download;
  friend bool operator==(const ReportJob&, const ReportJob&) = default;
};

enum class AnswerFormat : std::uint8_t { json, ndjson, csv };
struct RecordsSpec {
  AnswerFormat format = AnswerFormat::json;
  bool zipped = false;         // a ZIP archive with one file
  std::string path;            // json: to the records; ndjson: within each line
  bool may_be_absent = false;  // nothing at `path` means that there are none; else it is an error
  // Names in one place and values in another: field `name` of a record is the value at the place its name
  // has.
  struct Zip {
    std::string names;   // path in the answer, with a `*`: "/dimensionHeaders/*/name"
    std::string values;  // path in a record, likewise: "/dimensionValues/*/value"
    friend bool operator==(const Zip&, const Zip&) = default;
  };
  std::vector<Zip> zips;
  // Records for which one of these does not hold are left out. Paths are relative to the record.
  std::vector<AnswerTest> where;
  // csv
  std::string delimiter = ",";
  int header_row = 1;
  friend bool operator==(const RecordsSpec&, const RecordsSpec&) = default;
};

// Time from one instant to another becomes hours of the days it lies on.
struct IntervalField {
  std::string from, to;  // paths to instants (RFC 3339); `to` null or absent: it still runs, and is left out
  std::string metric;    // measured in hours
  friend bool operator==(const IntervalField&, const IntervalField&) = default;
};

struct HttpSource {
  HttpRequest request;
  HttpAuth auth;
  Pagination pagination;
  RecordsSpec records;
  FieldMapping mapping;  // fields are paths, or names given by `zips`; constants are templates
  std::optional<IntervalField> interval;
  int days_before = 0;              // requests ask for so many more days ahead of those that are wanted
  int most_days = 0;                // of one request; 0: all at once. 1: {from} and {to} are one day
  std::vector<AnswerRule> answers;  // the first that holds decides; else the HTTP status does
  std::vector<UsageRule> usage;
  RateLimits limits;
  Rare<ReportJob> job;
  // What names in templates stand for, besides those of every request.
  std::map<std::string, std::string, std::less<>> parameters;
  std::map<std::string, Secret, std::less<>> secrets;
  friend bool operator==(const HttpSource&, const HttpSource&) = default;
};

}  // namespace tightrope::config
