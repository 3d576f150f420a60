// What answers of a vendor mean, how long to wait, and where records are.
#include <fmt/format.h>

#include <array>
#include <charconv>

#include "config/http_readers.h"
#include "config/scalars.h"
#include "rules/calendar.h"

namespace tightrope::config {
namespace {

using namespace std::chrono_literals;

constexpr Range<rules::Duration> kWaits{1ms, std::chrono::hours(36)};

std::optional<int> status_of(std::string_view text) {
  int status = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), status);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || status < 100 || status > 599)
    return std::nullopt;
  return status;
}

// "429", "5xx", "400-499".
void read_status(const Cursor& at, AnswerTest& test) {
  const auto text = at.text();
  if (!text) return;
  const auto dash = text->find('-');
  if (const auto one = status_of(*text)) {
    test.status_from = test.status_to = *one;
    return;
  }
  if (text->size() == 3 && text->ends_with("xx") && (*text)[0] >= '1' && (*text)[0] <= '5') {
    test.status_from = ((*text)[0] - '0') * 100;
    test.status_to = test.status_from + 99;
    return;
  }
  const auto from = status_of(std::string_view(*text).substr(0, dash));
  const auto to =
      dash == std::string::npos ? std::nullopt : status_of(std::string_view(*text).substr(dash + 1));
  if (!from || !to || *to < *from) {
    at.error(fmt::format("{} is not a status of HTTP", in_quotes(at.node().text)),
             "write 429, 5xx or 400-499");
    return;
  }
  test.status_from = *from;
  test.status_to = *to;
}

// `is`, `is_not`, `contains` and `absent`, at most one of which makes sense. `has_place`: path or header.
void read_text_tests(MappingReader& in, bool has_place, AnswerTest& test) {
  test.is = in.texts("is");
  test.is_not = in.texts("is_not");
  test.contains = in.text("contains").value_or("");
  test.absent = in.boolean("absent").value_or(false);
  if (!in.readable()) return;
  const char* first = nullptr;
  for (const char* key : {"is", "is_not", "contains", "absent"}) {
    if (!in.has(key)) continue;
    const Cursor at = in.at().child(*in.at().node().find(key)).at_key();
    if (first != nullptr) at.error(fmt::format("\"{}\" is given as well; keep one", first));
    if (first == nullptr && !has_place)
      at.error(fmt::format("\"{}\" of what?", key), "give path or header, where the text stands");
    first = first == nullptr ? key : first;
  }
}

void read_place(MappingReader& in, AnswerTest& test) {
  if (const auto status = in.get("status", Shape::text)) read_status(*status, test);
  test.header = read_header_name(in.get("header", Shape::text));
  test.path = read_path(in.get("path", Shape::text), PathFrom::answer);
  read_text_tests(in, in.has("path") || in.has("header"), test);
}

void read_points(const Cursor& at, Wait& wait) {
  MappingReader in(at, kPointsKeys);
  wait.points_requested = read_path(in.get("requested", Shape::text), PathFrom::answer);
  wait.points_available = read_path(in.get("available", Shape::text), PathFrom::answer);
  wait.points_rate = read_path(in.get("rate", Shape::text), PathFrom::answer);
}

Wait read_wait(const Cursor& at) {
  Wait wait;
  if (at.node().kind == NodeKind::scalar) {
    wait.fixed = at.duration(kWaits).value_or(wait.fixed);
    return wait;
  }
  MappingReader in(at, kWaitKeys);
  wait.fixed = in.duration("at_least", kWaits).value_or(wait.fixed);
  wait.header = read_header_name(in.get("header", Shape::text));
  wait.path = read_path(in.get("path", Shape::text), PathFrom::answer);
  wait.unit = in.duration("unit", kWaits).value_or(wait.unit);
  const auto zone = in.get("midnight_in", Shape::text);
  wait.midnight_in = (zone ? zone->text() : std::nullopt).value_or("");
  if (zone && wait.midnight_in != "source" && !rules::Calendar::open(wait.midnight_in, std::chrono::Monday)) {
    zone->unknown(fmt::format("unknown time zone {}", in_quotes(zone->node().text)), wait.midnight_in,
                  rules::Calendar::zone_names());
  }
  if (const auto points = in.get("points", Shape::mapping)) read_points(*points, wait);
  wait.otherwise = in.duration("otherwise", kWaits).value_or(wait.otherwise);
  if (in.readable() && at.node().entries.empty())
    at.error("says nothing", "a duration such as 30s, or where the answer says it");
  if (in.has("unit") && !in.has("header") && !in.has("path"))
    at.error("\"unit\" is of a number at \"header\" or \"path\", and there is none");
  return wait;
}

AnswerRule read_answer(const Cursor& at, TemplateNames* names) {
  constexpr std::array<AnswerMeaning, 8> kMeanings{AnswerMeaning::throttled,     AnswerMeaning::temporary,
                                                   AnswerMeaning::token_expired, AnswerMeaning::unauthorized,
                                                   AnswerMeaning::rejected,      AnswerMeaning::too_large,
                                                   AnswerMeaning::no_data,       AnswerMeaning::good};
  MappingReader in(at, kAnswerKeys);
  AnswerRule rule;
  read_place(in, rule.when);
  const auto means = in.choice("means");
  if (means) rule.means = kMeanings[*means];
  const auto wait = in.get("wait", Shape::scalar_or_mapping);
  if (wait) rule.wait = read_wait(*wait);
  const auto say = in.get("say", Shape::text);
  rule.say = (say ? say->text() : std::nullopt).value_or("");
  if (say && names != nullptr) names->check(*say, rule.say, {});
  const bool waits = rule.means == AnswerMeaning::throttled || rule.means == AnswerMeaning::temporary;
  if (wait && means && !waits)
    wait->at_key().error(
        fmt::format("nothing waits when an answer means {}", kAnswerKeys.find("means")->choices[*means]));
  if (in.readable() && !in.has("status") && !in.has("header") && !in.has("path"))
    at.error("would hold for every answer", "give status, header or path");
  return rule;
}

RecordsSpec::Zip read_zip(const Cursor& at) {
  MappingReader in(at, kZipKeys);
  const auto read = [&in](std::string_view key, PathFrom from) {
    const auto place = in.get(key, Shape::text);
    std::string path = read_path(place, from);
    if (place && path.find("/*") == std::string::npos)
      place->error("has no *", "the place in the list: /dimensionHeaders/*/name");
    return path;
  };
  RecordsSpec::Zip zip;
  zip.names = read("names", PathFrom::answer);
  zip.values = read("values", PathFrom::record);
  return zip;
}

// A `format:` decides which keys there are.
void check_format(MappingReader& in, const RecordsSpec& records) {
  const auto refuse = [&in](std::string_view key, std::string_view format) {
    if (!in.has(key)) return;
    in.at()
        .child(*in.at().node().find(key))
        .at_key()
        .error(fmt::format("\"{}\" is of format: {}", key, format));
  };
  if (records.format != AnswerFormat::csv) {
    refuse("delimiter", "csv");
    refuse("header_row", "csv");
  } else {
    refuse("path", "json or ndjson");
    refuse("where", "json or ndjson");
    refuse("may_be_absent", "json or ndjson");
  }
  if (records.format != AnswerFormat::json) refuse("zip", "json");
  if (records.may_be_absent && records.format != AnswerFormat::csv && in.readable() && !in.has("path"))
    in.at().error("\"may_be_absent\" needs the \"path\" that may lead nowhere");
}

}  // namespace

std::vector<AnswerRule> read_answers(const std::vector<Cursor>& at, TemplateNames* names) {
  std::vector<AnswerRule> rules;
  for (const auto& item : at) rules.push_back(read_answer(item, names));
  return rules;
}

std::vector<AnswerTest> read_answer_tests(const std::vector<Cursor>& at) {
  std::vector<AnswerTest> tests;
  for (const auto& item : at) {
    MappingReader inner(item, kAnswerTestKeys);
    read_place(inner, tests.emplace_back());
    if (inner.readable() && !inner.has("status") && !inner.has("header") && !inner.has("path"))
      item.error("would hold for every answer", "give status, header or path");
  }
  return tests;
}

std::vector<UsageRule> read_usage(const std::vector<Cursor>& at) {
  constexpr std::array<UsageRule::Form, 3> kForms{UsageRule::Form::remaining, UsageRule::Form::percent,
                                                  UsageRule::Form::fraction};
  std::vector<UsageRule> rules;
  for (const auto& item : at) {
    MappingReader inner(item, kUsageKeys);
    UsageRule rule;
    rule.header = read_header_name(inner.get("header", Shape::text));
    rule.path = read_path(inner.get("path", Shape::text), PathFrom::answer);
    if (const auto form = inner.choice("form")) rule.form = kForms[*form];
    const auto bound = inner.get("bound", Shape::number);
    rule.bound = (bound ? bound->number() : std::nullopt).value_or(0);
    if (rule.form != UsageRule::Form::remaining && bound && (rule.bound <= 0 || rule.bound > 1))
      bound->error(fmt::format("must be above 0 and at most 1, and is {}", format_number(rule.bound)),
                   "a share of what is allowed: 0.8");
    if (rule.form == UsageRule::Form::remaining && rule.bound < 0)
      bound->error("fewer than none are never left");
    if (const auto wait = inner.get("wait", Shape::scalar_or_mapping)) rule.wait = read_wait(*wait);
    if (inner.readable() && !inner.has("header") && !inner.has("path"))
      item.error("key \"header\" or \"path\" is missing", "where the answer tells how much is left");
    rules.push_back(std::move(rule));
  }
  return rules;
}

RecordsSpec read_records(const Cursor& at, TemplateNames* names) {
  constexpr std::array<AnswerFormat, 3> kFormats{AnswerFormat::json, AnswerFormat::ndjson, AnswerFormat::csv};
  RecordsSpec records;
  const auto take_path = [&](const std::optional<Cursor>& place) {
    records.path = read_path(place, PathFrom::answer);
    if (place && names != nullptr) names->check(*place, records.path, {});
  };
  if (at.node().kind != NodeKind::mapping) {
    take_path(at);
    return records;
  }
  MappingReader in(at, kRecordsKeys);
  if (const auto format = in.choice("format")) records.format = kFormats[*format];
  records.zipped = in.boolean("zipped").value_or(false);
  take_path(in.get("path", Shape::text));
  records.may_be_absent = in.boolean("may_be_absent").value_or(false);
  for (const auto& item : in.mappings("zip")) records.zips.push_back(read_zip(item));
  for (const auto& item : in.mappings("where")) {
    MappingReader inner(item, kRecordTestKeys);
    AnswerTest& test = records.where.emplace_back();
    const auto path = inner.get("path", Shape::text);
    test.path = read_path(path, PathFrom::record);
    if (path && names != nullptr) names->check(*path, test.path, {});
    read_text_tests(inner, true, test);
  }
  if (const auto delimiter = in.get("delimiter", Shape::text)) records.delimiter = read_delimiter(*delimiter);
  records.header_row = static_cast<int>(in.integer("header_row", {1, 1000}).value_or(1));
  check_format(in, records);
  return records;
}

}  // namespace tightrope::config
