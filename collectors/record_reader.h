// From one answer to figures: whatever form its records have.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "collectors/field_mapping.h"
#include "collectors/field_path.h"
#include "collectors/json_records.h"
#include "collectors/pagination.h"
#include "config/sources.h"

namespace tightrope::collectors {

// What an answer gave, for the walk through the pages. The values live as long as `tree`.
struct ReadPage {
  std::shared_ptr<const JsonTree> tree;
  JsonValue root;
  JsonValue last;  // record; none where there was none
  std::size_t records = 0;
};

// Borrows the source and the calendar. It can read any number of answers, for one read after another.
class RecordReader {
 public:
  // The error says what is wrong with the mapping or a path.
  static std::variant<RecordReader, std::string> compile(const config::HttpSource& source,
                                                         const rules::Calendar& calendar);

  // A mapper for one read. The reader outlives it.
  FieldMapper mapper() const { return mapper_; }

  PagedBy paged_by() const noexcept { return path_.has_wildcard() ? PagedBy::outer_list : PagedBy::records; }

  // The error names the record and the field. `tree` is the body, where somebody has read it already.
  std::variant<ReadPage, std::string> read(const std::string& body, std::shared_ptr<const JsonTree> tree,
                                           FieldMapper& mapper, FigureTable& table,
                                           std::uint64_t most_bytes) const;

 private:
  struct Zip {
    FieldPath names;
    std::string values;
  };
  struct Interval {
    FieldPath from, to;
    std::string metric;
  };
  struct Test {
    const config::AnswerTest* test;
    FieldPath path;
  };
  using Problem = std::optional<std::string>;

  RecordReader(const config::HttpSource& source, std::unique_ptr<const config::FieldMapping> mapping,
               FieldMapper mapper, const rules::Calendar& calendar);
  std::variant<ReadPage, std::string> read_json(std::shared_ptr<const JsonTree> tree, FieldMapper& mapper,
                                                FigureTable& table) const;
  std::variant<ReadPage, std::string> read_lines(const std::string& body, FieldMapper& mapper,
                                                 FigureTable& table) const;
  std::variant<ReadPage, std::string> read_csv(const std::string& body, FieldMapper& mapper,
                                               FigureTable& table, std::uint64_t most_bytes) const;
  std::vector<FieldPath> zipped_paths(JsonValue root) const;
  bool wanted(JsonValue record) const;
  // One record's fields, and the texts that some of them need to stand in: used again for each record.
  struct Row {
    std::vector<FieldValue> values;
    std::vector<std::string> scratch;
  };
  Problem add(const JsonRecord& record, const std::vector<FieldPath>& paths, Row& row, FieldMapper& mapper,
              FigureTable& table) const;
  Problem add_interval(const JsonRecord& record, std::span<const FieldValue> values,
                       const FieldMapper& mapper, FigureTable& table) const;

  const config::HttpSource* source_;
  const rules::Calendar* calendar_;
  std::unique_ptr<const config::FieldMapping> mapping_;  // with parameters filled in, if there are any
  std::unique_ptr<const config::CsvSource> csv_;         // likewise, for CsvDocument
  FieldMapper mapper_;
  std::string path_text_;
  FieldPath path_;
  std::vector<FieldPath> fields_;  // of the mapper's names, in their order
  std::vector<Zip> zips_;
  std::vector<Test> where_;
  std::optional<Interval> interval_;
};

}  // namespace tightrope::collectors
