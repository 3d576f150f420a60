#include "config/yaml_cursor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>

#include "config/scalars.h"

namespace tightrope::config {
namespace {

std::string_view describe(NodeKind kind) noexcept {
  switch (kind) {
    case NodeKind::null:
      return "nothing";
    case NodeKind::scalar:
      return "a single value";
    case NodeKind::sequence:
      return "a list";
    case NodeKind::mapping:
      return "a mapping";
  }
  return "";
}

}  // namespace

void Cursor::error(std::string problem, std::string hint) const {
  reading_->problems.error(where_, path_, std::move(problem), std::move(hint));
}

void Cursor::warning(std::string problem, std::string hint) const {
  reading_->problems.warning(where_, path_, std::move(problem), std::move(hint));
}

void Cursor::error_at(std::size_t offset, std::string problem, std::string hint) const {
  Place where = node_->where;
  const auto line = reading_->problems.line(where.file, where.line);
  const auto begin = static_cast<std::size_t>(std::max(where.column, 0)) + (node_->quoted ? 1 : 0);
  // Only where the text stands in the line as it is: not with escapes, nor over several lines.
  if (begin <= line.size() && line.substr(begin).starts_with(node_->text)) {
    where.column = static_cast<int>(begin + std::min(offset, node_->text.size()));
  }
  reading_->problems.error(where, path_, std::move(problem), std::move(hint));
}

void Cursor::error(const rules::FormulaError& failure) const {
  error_at(failure.offset, failure.problem, did_you_mean(failure.suggestion));
}

void Cursor::unknown(std::string problem, std::string_view text, std::span<const std::string> names) const {
  std::string hint = did_you_mean(rules::nearest_name(text, names));
  constexpr std::size_t kFew = 8;
  if (hint.empty() && !names.empty() && names.size() <= kFew)
    hint = fmt::format("known: {}", fmt::join(names, ", "));
  error(std::move(problem), std::move(hint));
}

void Cursor::unresolved(std::string problem, std::string_view text,
                        std::span<const std::string> names) const {
  if (!reading_->incomplete) unknown(std::move(problem), text, names);
}

bool Cursor::expect(NodeKind kind) const {
  if (node_->kind == kind) return true;
  std::string hint;
  if (kind == NodeKind::scalar && (node_->kind == NodeKind::mapping || node_->kind == NodeKind::sequence)) {
    hint = "text that begins with { or [ is quoted";
  }
  error(fmt::format("{} belongs here, not {}", describe(kind), describe(node_->kind)), std::move(hint));
  return false;
}

std::vector<Cursor> Cursor::items() const {
  std::vector<Cursor> found;
  if (node_->kind == NodeKind::null || !expect(NodeKind::sequence)) return found;
  for (std::size_t i = 0; i < node_->items.size(); ++i) {
    found.emplace_back(*reading_, node_->items[i], fmt::format("{}[{}]", path_, i));
  }
  return found;
}

std::vector<Cursor> Cursor::items_or_one() const {
  if (node_->kind == NodeKind::sequence || node_->kind == NodeKind::null) return items();
  return {*this};
}

std::vector<std::pair<std::string, Cursor>> Cursor::entries() const {
  std::vector<std::pair<std::string, Cursor>> found;
  if (node_->kind == NodeKind::null || !expect(NodeKind::mapping)) return found;
  for (const auto& entry : node_->entries) found.emplace_back(entry.key, child(entry));
  return found;
}

Cursor Cursor::child(const Entry& entry) const {
  Cursor value(*reading_, entry.value, path_.empty() ? entry.key : path_ + "." + entry.key);
  value.key_ = entry.where;
  return value;
}

MappingReader::MappingReader(const Cursor& at, const KeyTable& table) : at_(at), table_(table) {
  // A mapping without a single entry is written as nothing.
  readable_ = at.node().kind == NodeKind::null || at.expect(NodeKind::mapping);
  if (!table.open) report_unknown_keys();
}

MappingReader::~MappingReader() {
  assert(std::all_of(table_.keys.begin(), table_.keys.end(),
                     [this](const Key& key) {
                       return std::find(asked_.begin(), asked_.end(), &key) != asked_.end();
                     }) &&
         "a key is declared and never read");
}

void MappingReader::report_unknown_keys() const {
  std::vector<std::string> names;
  for (const auto& key : table_.keys) {
    names.emplace_back(key.name);
    if (key.shape == Shape::secret) names.push_back(std::string(key.name) + "_file");
  }
  for (const auto& entry : at_.node().entries) {
    if (std::find(names.begin(), names.end(), entry.key) != names.end()) continue;
    const std::string nearest = rules::nearest_name(entry.key, names);
    // A misspelt secret is still a secret.
    if (const Key* meant = table_.find(nearest); meant != nullptr && meant->shape == Shape::secret) {
      hide_value(entry, at_.reading().problems);
    }
    std::string hint = did_you_mean(nearest);
    if (hint.empty()) {
      hint = names.empty() ? "no keys are known here" : fmt::format("known: {}", fmt::join(names, ", "));
    }
    const std::string path = at_.path().empty() ? entry.key : at_.path() + "." + entry.key;
    at_.reading().problems.error(entry.where, path, fmt::format("unknown key {}", in_quotes(entry.key)),
                                 std::move(hint));
  }
}

const Key& MappingReader::declared(std::string_view key, [[maybe_unused]] Shape shape) {
  const Key* found = table_.find(key);
  assert(found != nullptr && found->shape == shape && "the key tables and the readers differ");
  asked_.push_back(found);
  return *found;
}

bool MappingReader::has(std::string_view key) const noexcept {
  return at_.node().find(key) != nullptr;
}

std::vector<std::pair<std::string, Cursor>> MappingReader::others() const {
  std::vector<std::pair<std::string, Cursor>> found;
  for (const auto& entry : at_.node().entries) {
    if (table_.find(entry.key) == nullptr) found.emplace_back(entry.key, at_.child(entry));
  }
  return found;
}

std::optional<Cursor> MappingReader::get(std::string_view key, Shape shape) {
  const Key& row = declared(key, shape);
  if (!readable_) return std::nullopt;
  const Entry* entry = at_.node().find(key);
  if (entry == nullptr) {
    if (row.required)
      at_.error(fmt::format("key \"{}\" is missing", key), fmt::format("{}: {}", key, row.about));
    return std::nullopt;
  }
  Cursor value = at_.child(*entry);
  if (entry->value.kind != NodeKind::null) return value;
  // `include:` with all its items commented out is an empty list; a key without its single value is a slip.
  const bool collection = shape >= Shape::texts && shape != Shape::bound && shape != Shape::range &&
                          shape != Shape::volume && shape != Shape::content &&
                          shape != Shape::scalar_or_mapping;
  if (row.required || !collection) value.error("has no value");
  return std::nullopt;
}

std::vector<Cursor> MappingReader::mappings(std::string_view key) {
  const auto value = get(key, Shape::mappings);
  return value ? value->items() : std::vector<Cursor>{};
}

std::vector<Cursor> MappingReader::one_or_more(std::string_view key) {
  const auto value = get(key, Shape::one_or_more);
  return value ? value->items_or_one() : std::vector<Cursor>{};
}

std::vector<std::string> MappingReader::texts(std::string_view key) {
  std::vector<std::string> found;
  const auto value = get(key, Shape::texts);
  if (!value) return found;
  for (const auto& item : value->items_or_one()) {
    if (auto text = item.text()) found.push_back(std::move(*text));
  }
  return found;
}

std::optional<std::string> MappingReader::text(std::string_view key) {
  const auto value = get(key, Shape::text);
  return value ? value->text() : std::nullopt;
}
std::optional<std::string> MappingReader::name(std::string_view key) {
  const auto value = get(key, Shape::name);
  return value ? value->name() : std::nullopt;
}
std::optional<std::string> MappingReader::identifier(std::string_view key) {
  const auto value = get(key, Shape::identifier);
  return value ? value->identifier() : std::nullopt;
}
std::optional<double> MappingReader::number(std::string_view key) {
  const auto value = get(key, Shape::number);
  return value ? value->number() : std::nullopt;
}
std::optional<std::int64_t> MappingReader::integer(std::string_view key, Range<std::int64_t> range) {
  const auto value = get(key, Shape::integer);
  return value ? value->integer(range) : std::nullopt;
}
std::optional<bool> MappingReader::boolean(std::string_view key) {
  const auto value = get(key, Shape::boolean);
  return value ? value->boolean() : std::nullopt;
}
std::optional<rules::Duration> MappingReader::duration(std::string_view key, Range<rules::Duration> range) {
  const auto value = get(key, Shape::duration);
  return value ? value->duration(range) : std::nullopt;
}
std::optional<std::uint64_t> MappingReader::size(std::string_view key, Range<std::uint64_t> range) {
  const auto value = get(key, Shape::size);
  return value ? value->size(range) : std::nullopt;
}
std::optional<double> MappingReader::share(std::string_view key, Range<double> range) {
  const auto value = get(key, Shape::share);
  return value ? value->share(range) : std::nullopt;
}
std::optional<std::size_t> MappingReader::choice(std::string_view key) {
  const auto value = get(key, Shape::choice);
  return value ? value->choice(table_.find(key)->choices) : std::nullopt;
}
std::optional<rules::Window> MappingReader::window(std::string_view key) {
  const auto value = get(key, Shape::window);
  return value ? value->window() : std::nullopt;
}
std::optional<rules::Window> MappingReader::period(std::string_view key) {
  const auto value = get(key, Shape::period);
  return value ? value->period() : std::nullopt;
}
std::optional<std::string> MappingReader::url(std::string_view key) {
  const auto value = get(key, Shape::url);
  return value ? value->url() : std::nullopt;
}

std::optional<Secret> MappingReader::secret(std::string_view key) {
  const Key& row = declared(key, Shape::secret);
  if (!readable_) return std::nullopt;
  const std::string twin = std::string(key) + "_file";
  const Entry* value = at_.node().find(key);
  const Entry* file = at_.node().find(twin);
  if (value != nullptr && file != nullptr) {
    at_.child(*file).error(fmt::format("\"{}\" and \"{}\" are both given; keep one", key, twin));
    return std::nullopt;
  }
  if (value != nullptr) return at_.child(*value).secret();
  if (file != nullptr) return at_.child(*file).secret_file();
  if (row.required) {
    at_.error(fmt::format("key \"{}\" or \"{}\" is missing", key, twin),
              fmt::format("{}: {}", key, row.about));
  }
  return std::nullopt;
}

}  // namespace tightrope::config
