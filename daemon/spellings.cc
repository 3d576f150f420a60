#include "daemon/spellings.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <string>
#include <utility>

namespace tightrope::daemon {
namespace {

namespace json = boost::json;

constexpr std::size_t kParts = 5;

// The parts of a key; empty when it is none.
std::vector<std::string> parts_of(const std::string& key) {
  boost::system::error_code failed;
  const json::value parsed = json::parse(key, failed);
  std::vector<std::string> parts;
  if (failed || !parsed.is_array() || parsed.get_array().size() != kParts) return parts;
  for (const json::value& part : parsed.get_array()) {
    if (!part.is_string()) return {};
    parts.emplace_back(part.get_string().data(), part.get_string().size());
  }
  return parts;
}

}  // namespace

std::vector<RecordChange> spelling_records(std::string_view client, const rules::Dimensions& dimensions,
                                           const std::vector<rules::Spelling>& spellings) {
  std::vector<RecordChange> records;
  for (const rules::Spelling& one : spellings) {
    const json::array key{client, dimensions.names[one.dimension], one.name, one.spelling, one.source};
    records.push_back({.table = std::string(kSpellings),
                       .key = json::serialize(key),
                       .value = std::to_string(one.first_met.time_since_epoch().count())});
  }
  return records;
}

std::optional<JournalError> read_spellings(Journal& journal, std::string_view client,
                                           const rules::Dimensions& dimensions, rules::NameBook& names) {
  std::vector<Record> records;
  if (auto error = journal.read_records(kSpellings, records)) return error;
  for (const Record& record : records) {
    const std::vector<std::string> parts = parts_of(record.key);
    if (parts.empty() || parts[0] != client) continue;
    const std::size_t dimension = dimensions.index_of(parts[1]);
    rules::Duration::rep at = 0;
    const char* const end = record.value.data() + record.value.size();
    const auto parsed = std::from_chars(record.value.data(), end, at);
    if (dimension == dimensions.names.size() || parsed.ec != std::errc() || parsed.ptr != end) continue;
    names.remember({.dimension = dimension,
                    .name = parts[2],
                    .spelling = parts[3],
                    .source = parts[4],
                    .first_met = rules::Timestamp(rules::Duration(at))});
  }
  return std::nullopt;
}

}  // namespace tightrope::daemon
