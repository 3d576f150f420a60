// What http_json and connector files say in the same words. Private to config/.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/http_source.h"
#include "config/readers.h"
#include "config/template_names.h"

namespace tightrope::config {

// Where a path begins.
enum class PathFrom { answer, record };
// Reports a path that cannot lead anywhere. "" of null.
std::string read_path(const std::optional<Cursor>& at, PathFrom from);

bool is_header_name(std::string_view name);
// The name of a header, in lower case.
std::string read_header_name(const std::optional<Cursor>& at);
// Plain scalars by YAML's core schema; quoted ones are text.
boost::json::value to_json(const Cursor& at);
TextPairs read_pairs(const std::optional<Cursor>& at);
// `headers:`; one for credentials is refused in these words.
TextPairs read_headers(const Cursor& at, std::string_view why_no_credentials, std::string_view hint);

// `names` is null where templates are not checked: of http_json, whose bodies may have braces of any kind.
Pagination read_pagination(const Cursor& at);
// Reports a cursor, page or offset that no request sends.
void check_is_sent(const Cursor& at, const Pagination& pagination, const HttpRequest& request);
// `records:`. `names` may be null.
RecordsSpec read_records(const Cursor& at, TemplateNames* names);
std::vector<AnswerRule> read_answers(const std::vector<Cursor>& at, TemplateNames* names);
std::vector<UsageRule> read_usage(const std::vector<Cursor>& at);
// Tests of a job's answers.
std::vector<AnswerTest> read_answer_tests(const std::vector<Cursor>& at);
RateLimits read_limits(const Cursor& at, TemplateNames* names);
// Nothing gives what holds without it.
int read_max_days(const std::optional<Cursor>& at);
int read_max_pages(const std::optional<Cursor>& at);

// Of a connector file.
HttpRequest read_request(const Cursor& at, TemplateNames& names, TemplateNames::May may);
std::vector<HttpAuth> read_auths(const std::vector<Cursor>& at, TemplateNames& names, bool has_token_url);
ReportJob read_job(const Cursor& at, TemplateNames& names, PaginationKind paging);

}  // namespace tightrope::config
