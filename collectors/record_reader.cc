#include "collectors/record_reader.h"

#include <fmt/core.h>

#include <algorithm>

#include "collectors/answer_rules.h"
#include "collectors/csv_document.h"
#include "collectors/request_template.h"
#include "collectors/zip_archive.h"

namespace tightrope::collectors {
namespace {

// A time entry that lasts longer is a clock that somebody forgot to stop.
constexpr rules::Duration kLongestInterval = std::chrono::days(7);

bool has_templates(const config::FieldMapping& mapping) {
  const auto braced = [](const std::string& text) { return text.find('{') != std::string::npos; };
  const auto second = [&braced](const auto& pair) { return braced(pair.second); };
  return braced(mapping.bucket_field) || braced(mapping.currency_field) ||
         std::any_of(mapping.dimensions.begin(), mapping.dimensions.end(), second) ||
         std::any_of(mapping.constants.begin(), mapping.constants.end(), second) ||
         std::any_of(mapping.metrics.begin(), mapping.metrics.end(),
                     [&braced](const auto& metric) { return braced(metric.field); });
}

// Parameters in the texts of a mapping, filled in; constants that come out empty are left out.
config::FieldMapping filled_mapping(const config::HttpSource& source, const TemplateValues& values) {
  config::FieldMapping mapping = source.mapping;
  const auto fill = [&values](std::string& text) {
    if (text.find('{') != std::string::npos) text = fill_template(text, values, Escaping::none);
  };
  fill(mapping.bucket_field);
  fill(mapping.currency_field);
  for (auto& [dimension, field] : mapping.dimensions) fill(field);
  for (auto& [dimension, text] : mapping.constants) fill(text);
  std::erase_if(mapping.constants, [](const auto& constant) { return constant.second.empty(); });
  for (auto& metric : mapping.metrics) fill(metric.field);
  return mapping;
}

std::unique_ptr<const config::CsvSource> csv_source(const config::RecordsSpec& records,
                                                    const config::FieldMapping& mapping) {
  auto csv = std::make_unique<config::CsvSource>();
  csv->delimiter = records.delimiter;
  csv->header_row = records.header_row;
  csv->mapping = mapping;
  return csv;
}

// Whether the first two lines are each a document: JSON that came as lines of it.
bool is_json_lines(std::string_view text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return false;
  const std::string_view rest = text.substr(end + 1);
  const auto is_json = [](std::string_view line) { return JsonTree::parse(trimmed(line)).index() == 0; };
  return is_json(text.substr(0, end)) && is_json(rest.substr(0, rest.find('\n')));
}

JsonValue find_in(const JsonRecord& record, const FieldPath& path) {
  switch (path.base()) {
    case FieldPath::Base::holder:
      return path.find(record.holder);
    case FieldPath::Base::answer:
      return path.find(record.answer);
    case FieldPath::Base::record:
      break;
  }
  return path.find(record.value);
}

std::string field_error(JsonValue record, const FieldMapper& mapper, std::span<const FieldValue> values,
                        const FieldProblem& problem) {
  if (problem.slot == FieldProblem::kRecord) return problem.text;
  const std::string& name = mapper.names()[problem.slot];
  const bool absent = values[problem.slot].kind == FieldValue::Kind::absent;
  return fmt::format("field {}: {}{}", quoted(name), problem.text, absent ? known_fields(record, name) : "");
}

}  // namespace

RecordReader::RecordReader(const config::HttpSource& source,
                           std::unique_ptr<const config::FieldMapping> mapping, FieldMapper mapper,
                           const rules::Calendar& calendar)
    : source_(&source), calendar_(&calendar), mapping_(std::move(mapping)), mapper_(std::move(mapper)) {}

std::variant<RecordReader, std::string> RecordReader::compile(const config::HttpSource& source,
                                                              const rules::Calendar& calendar) {
  TemplateValues values{{}, {}, &calendar};
  values.source = &source;
  std::unique_ptr<const config::FieldMapping> filled;
  if (has_templates(source.mapping))
    filled = std::make_unique<const config::FieldMapping>(filled_mapping(source, values));
  const config::FieldMapping& mapping = filled ? *filled : source.mapping;
  auto mapper = FieldMapper::compile(mapping, calendar);
  if (auto* problem = std::get_if<std::string>(&mapper)) return std::move(*problem);
  RecordReader reader(source, std::move(filled), std::get<FieldMapper>(std::move(mapper)), calendar);
  std::string problem;
  const auto compile_path = [&](const std::string& text) {
    auto path = FieldPath::compile(fill_template(text, values, Escaping::none));
    if (auto* compiled = std::get_if<FieldPath>(&path)) return std::move(*compiled);
    problem = std::get<std::string>(path);
    return FieldPath();
  };
  const config::RecordsSpec& records = source.records;
  reader.path_text_ = fill_template(records.path, values, Escaping::none);
  reader.path_ = compile_path(records.path);
  for (const std::string& name : reader.mapper_.names()) reader.fields_.push_back(compile_path(name));
  for (const auto& zip : records.zips) reader.zips_.push_back({compile_path(zip.names), zip.values});
  for (const auto& test : records.where) reader.where_.push_back({&test, compile_path(test.path)});
  if (source.interval) {
    const config::IntervalField& interval = *source.interval;
    reader.interval_ = Interval{compile_path(interval.from), compile_path(interval.to), interval.metric};
  }
  if (records.format == config::AnswerFormat::csv) reader.csv_ = csv_source(records, mapping);
  if (!problem.empty()) return problem;
  return reader;
}

std::variant<ReadPage, std::string> RecordReader::read(const std::string& body,
                                                       std::shared_ptr<const JsonTree> tree,
                                                       FieldMapper& mapper, FigureTable& table,
                                                       std::uint64_t most_bytes) const {
  std::string unpacked;
  const std::string* text = &body;
  if (source_->records.zipped) {
    auto file = unzip_single(body, most_bytes);
    if (file.index() == 1) return std::get<1>(std::move(file));
    unpacked = std::get<0>(std::move(file));
    text = &unpacked;
  }
  switch (source_->records.format) {
    case config::AnswerFormat::json:
      break;
    case config::AnswerFormat::ndjson:
      return read_lines(*text, mapper, table);
    case config::AnswerFormat::csv:
      return read_csv(*text, mapper, table, most_bytes);
  }
  if (!tree) {
    auto parsed = JsonTree::parse(*text);
    if (auto* problem = std::get_if<std::string>(&parsed)) {
      const char* remedy =
          is_json_lines(*text) ? "; if each line is a record, write records: {format: ndjson}" : "";
      return fmt::format("the answer is not JSON: {}{}", *problem, remedy);
    }
    tree = std::get<std::unique_ptr<JsonTree>>(std::move(parsed));
  }
  return read_json(std::move(tree), mapper, table);
}

std::vector<FieldPath> RecordReader::zipped_paths(JsonValue root) const {
  std::vector<FieldPath> paths = fields_;
  for (const Zip& zip : zips_) {
    std::size_t place = 0;
    for (const auto& found : zip.names.find_all(root)) {
      const std::string index = std::to_string(place++);
      if (!found.value.is_scalar()) continue;
      for (std::size_t i = 0; i < paths.size(); ++i) {
        if (mapper_.names()[i] != found.value.text()) continue;
        std::string at = zip.values;
        at.replace(at.find('*'), 1, index);
        if (auto path = FieldPath::compile(at); std::holds_alternative<FieldPath>(path))
          paths[i] = std::get<FieldPath>(std::move(path));
      }
    }
  }
  return paths;
}

bool RecordReader::wanted(JsonValue record) const {
  return std::all_of(where_.begin(), where_.end(),
                     [&](const Test& test) { return holds(*test.test, test.path, nullptr, record); });
}

std::variant<ReadPage, std::string> RecordReader::read_json(std::shared_ptr<const JsonTree> tree,
                                                            FieldMapper& mapper, FigureTable& table) const {
  ReadPage page{std::move(tree), {}, {}, 0};
  page.root = page.tree->root();
  auto found =
      find_records(page.root, path_, path_text_,
                   source_->records.may_be_absent ? AbsentList::has_no_records : AbsentList::is_an_error);
  if (auto* problem = std::get_if<std::string>(&found)) return std::move(*problem);
  const auto& records = std::get<std::vector<JsonRecord>>(found);
  page.records = records.size();
  if (!records.empty()) page.last = records.back().value;
  std::vector<FieldPath> zipped;
  if (!zips_.empty()) zipped = zipped_paths(page.root);
  const std::vector<FieldPath>& paths = zips_.empty() ? fields_ : zipped;
  Row row{std::vector<FieldValue>(paths.size()), std::vector<std::string>(paths.size())};
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (records[i].value.is_scalar())
      return fmt::format("record {} is neither an object nor an array", i + 1);
    if (!wanted(records[i].value)) continue;
    const Problem problem = add(records[i], paths, row, mapper, table);
    if (problem)
      return fmt::format("record {}{}{}", i + 1, problem->starts_with("field ") ? ", " : ": ", *problem);
  }
  return page;
}

RecordReader::Problem RecordReader::add(const JsonRecord& record, const std::vector<FieldPath>& paths,
                                        Row& row, FieldMapper& mapper, FigureTable& table) const {
  for (std::size_t i = 0; i < paths.size(); ++i)
    row.values[i] = field_value(find_in(record, paths[i]), row.scratch[i]);
  if (interval_) return add_interval(record, row.values, mapper, table);
  const auto problem = mapper.add(row.values, table);
  if (problem) return field_error(record.value, mapper, row.values, *problem);
  return std::nullopt;
}

RecordReader::Problem RecordReader::add_interval(const JsonRecord& record, std::span<const FieldValue> values,
                                                 const FieldMapper& mapper, FigureTable& table) const {
  table.count_row();
  const auto instant = [](JsonValue value) -> std::optional<rules::Timestamp> {
    if (!value || value.kind() != JsonKind::text) return std::nullopt;
    return rules::parse_timestamp(value.text());
  };
  const JsonValue to = find_in(record, interval_->to);
  if (!to || to.kind() == JsonKind::null) return std::nullopt;  // it still runs
  const auto from = instant(find_in(record, interval_->from));
  const auto until = instant(to);
  if (!from || !until) return "its interval has no times of the form 2026-11-20T08:00:00Z";
  if (*until < *from) return "its interval ends before it begins";
  if (*until - *from > kLongestInterval) return "its interval is longer than a week";
  auto about = mapper.entity(values);
  if (auto* problem = std::get_if<FieldProblem>(&about))
    return field_error(record.value, mapper, values, *problem);
  const std::uint32_t entity = table.entity(std::get<rules::Entity>(about));
  const std::uint32_t metric = table.metric(interval_->metric);
  for (rules::Day day = calendar_->day_of(*from); day <= calendar_->day_of(*until); day = day + 1) {
    const rules::Timestamp begin = std::max(*from, calendar_->start_of(day));
    const rules::Timestamp end = std::min(*until, calendar_->start_of(day + 1));
    if (end <= begin) continue;
    if (!table.wants(day)) {
      table.count_row_outside();
      continue;
    }
    const auto hours =
        rules::Amount::from_double(std::chrono::duration<double, std::ratio<3600>>(end - begin).count());
    auto full = table.add(entity, metric, rules::Bucket{day}, hours.value_or(rules::Amount::missing()));
    if (full) return full;
  }
  return std::nullopt;
}

std::variant<ReadPage, std::string> RecordReader::read_lines(const std::string& body, FieldMapper& mapper,
                                                             FigureTable& table) const {
  ReadPage all;
  std::string_view rest = body;
  for (std::size_t line = 1; !rest.empty(); ++line) {
    const std::string_view text = trimmed(rest.substr(0, rest.find('\n')));
    rest.remove_prefix(
        std::min(rest.size(), rest.find('\n') == std::string_view::npos ? rest.size() : rest.find('\n') + 1));
    if (text.empty()) continue;
    auto parsed = JsonTree::parse(text);
    if (auto* problem = std::get_if<std::string>(&parsed))
      return fmt::format("line {} is not JSON: {}", line, *problem);
    auto page = read_json(std::get<std::unique_ptr<JsonTree>>(std::move(parsed)), mapper, table);
    if (auto* problem = std::get_if<std::string>(&page)) return fmt::format("line {}: {}", line, *problem);
    all.records += std::get<ReadPage>(page).records;
  }
  return all;
}

std::variant<ReadPage, std::string> RecordReader::read_csv(const std::string& body, FieldMapper& mapper,
                                                           FigureTable& table,
                                                           std::uint64_t most_bytes) const {
  const std::uint64_t before = table.rows_read();
  CsvDocument document(*csv_, mapper, table, most_bytes);
  auto problem = document.feed(body);
  if (!problem) problem = document.finish();
  if (problem) return *std::move(problem);
  ReadPage page;
  page.records = table.rows_read() - before;
  return page;
}

}  // namespace tightrope::collectors
