#include "config/connector_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>
#include <variant>

#include "config/environment.h"

namespace tightrope::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFileBytes = 1u << 20;

bool is_built_in(std::string_view name) {
  const auto known = connectors();
  return std::any_of(known.begin(), known.end(),
                     [name](const ConnectorKeys& keys) { return keys.name == name; });
}

std::string_view stem(std::string_view file) {
  return file.substr(0, file.rfind('.'));
}

// A connector file has names where configurations have secrets, and a value only by mistake.
void hide_pasted_secrets(const Node& node, Problems& problems) {
  for (const Node& item : node.items) hide_pasted_secrets(item, problems);
  for (const Entry& entry : node.entries) {
    const bool template_or_name = entry.value.kind != NodeKind::scalar ||
                                  entry.value.text.find('{') != std::string::npos ||
                                  entry.key.ends_with("_url");
    if (!template_or_name && (is_secret_name(entry.key) || entry.key == "bearer"))
      hide_value(entry, problems);
    hide_pasted_secrets(entry.value, problems);
  }
}

// What a file's text says, and whether nothing is wrong with it.
struct ReadText {
  Connector connector;
  bool good = false;
  Place at;  // of its name
};
std::optional<ReadText> read_text(Problems& problems, const Scope& scope, const std::string& file,
                                  std::string text) {
  // Names in braces are templates here, and ${env:NAME} would be one.
  Reading reading{problems, false, {}};
  const std::size_t before = problems.error_count();
  const auto root = parse_text(file, text, reading);
  if (!root) return std::nullopt;
  hide_pasted_secrets(*root, problems);
  const Cursor top(reading, *root, "");
  ReadText read{read_connector(top, scope), false, root->where};
  if (const Entry* name = root->find("connector")) read.at = name->value.where;
  read.connector.text = std::move(text);
  read.connector.file = file;
  read.good = problems.error_count() == before;
  problems.drop_repeated(root->where.file);
  return read;
}

std::optional<std::string> text_of(Problems& problems, const std::string& file) {
  auto content = read_file(file, kMostFileBytes);
  if (auto* failure = std::get_if<std::string>(&content)) {
    problems.error({problems.add_file(file), 0, 0}, "", std::move(*failure));
    return std::nullopt;
  }
  return std::get<FileText>(std::move(content)).text;
}

}  // namespace

ConnectorFiles::ConnectorFiles(Problems& problems, const Scope& scope, const std::string& configuration_file)
    : problems_(problems), scope_(scope) {
  if (configuration_file.empty()) return;
  const fs::path folder = fs::path(configuration_file).parent_path() / "connectors";
  files_ = expand_glob((folder / "*.yaml").string());
  for (const std::string& file : files_) read_beside(file);
}

void ConnectorFiles::read_beside(const std::string& file) {
  auto text = text_of(problems_, file);
  auto read = text ? read_text(problems_, scope_, file, *std::move(text)) : std::nullopt;
  // What cannot be read may be the one that a source names.
  const std::string name = read && !read->connector.name.empty()
                               ? read->connector.name
                               : std::string(stem(fs::path(file).filename().string()));
  const auto [first, is_new] = declared_.emplace(name, file);
  if (!read) return;
  if (is_built_in(name)) {
    problems_.error(read->at, "connector",
                    fmt::format("{} is built in; choose another name", in_quotes(name)));
    return;
  }
  if (!is_new) {
    problems_.error(read->at, "connector",
                    fmt::format("{} is described in {} already", in_quotes(name), in_quotes(first->second)));
    return;
  }
  if (read->good) read_.emplace(name, std::move(read->connector));
}

void ConnectorFiles::read_shipped(const ShippedFile& file) {
  const std::string name(stem(file.name));
  if (!declared_.emplace(name, file.name).second) return;
  auto read = read_text(problems_, scope_, std::string(file.name), std::string(file.text));
  if (read && read->good) read_.emplace(name, std::move(read->connector));
}

const Connector* ConnectorFiles::find(const Cursor& at, const std::string& name) {
  for (const ShippedFile& file : shipped_files()) {
    if (stem(file.name) == name) read_shipped(file);
  }
  if (const auto found = read_.find(name); found != read_.end()) return &found->second;
  if (!declared_.contains(name))
    at.unknown(fmt::format("unknown connector {}", in_quotes(name)), name, names());
  return nullptr;
}

std::vector<Connector> ConnectorFiles::take_all() && {
  for (const ShippedFile& file : shipped_files()) read_shipped(file);
  std::vector<Connector> all;
  for (auto& [name, connector] : read_) all.push_back(std::move(connector));
  return all;
}

std::vector<std::string> ConnectorFiles::names() const {
  std::set<std::string> all;
  for (const auto& keys : connectors()) all.emplace(keys.name);
  for (const ShippedFile& file : shipped_files()) all.emplace(stem(file.name));
  for (const auto& [name, file] : declared_) all.insert(name);
  return {all.begin(), all.end()};
}

const std::vector<Connector>& shipped_connectors() {
  static const std::vector<Connector> kAll = read_connectors("").connectors;
  return kAll;
}

ConnectorsRead read_connectors(const std::string& configuration_file) {
  // Metrics and dimensions are those of the configuration, whose own mistakes are not told here.
  Problems of_configuration;
  Reading reading{of_configuration, true, {}};
  FileSet files;
  if (!configuration_file.empty()) files = read_files(configuration_file, reading);
  const Scope scope = read_scope(find_sections(files, reading));
  Problems problems;
  ConnectorsRead read;
  read.connectors = ConnectorFiles(problems, scope, configuration_file).take_all();
  read.errors = std::move(problems).take();
  return read;
}

Errors check_connector_text(const std::string& file, std::string text) {
  Problems problems;
  const Scope scope = read_scope({});
  const auto read = read_text(problems, scope, file, std::move(text));
  if (read && is_built_in(read->connector.name))
    problems.error(read->at, "connector",
                   fmt::format("{} is built in; choose another name", in_quotes(read->connector.name)));
  return std::move(problems).take();
}

Errors check_connector_file(const std::string& file) {
  Problems problems;
  auto text = text_of(problems, file);
  if (!text) return std::move(problems).take();
  return check_connector_text(file, *std::move(text));
}

bool is_connector_file(const std::string& file) {
  const auto content = read_file(file, kMostFileBytes);
  const auto* read = std::get_if<FileText>(&content);
  if (read == nullptr) return false;
  std::string_view rest = read->text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const bool nothing = line.find_first_not_of(" \t\r") == std::string_view::npos || line.starts_with('#') ||
                         line.starts_with("---") || line.starts_with("%YAML");
    if (!nothing) return line.starts_with("connector:");
  }
  return false;
}

std::vector<BuiltInKind> built_in_kinds() {
  std::vector<BuiltInKind> kinds;
  for (const ConnectorKeys& keys : connectors()) {
    BuiltInKind& kind = kinds.emplace_back();
    kind.name = keys.name;
    kind.about = keys.about;
    const auto add = [&kind](const KeyTable& table, bool secret) {
      for (const Key& key : table.keys)
        kind.keys.push_back({std::string(key.name), std::string(key.about), key.required, secret});
    };
    add(*keys.with, false);
    add(*keys.secrets, true);
  }
  return kinds;
}

}  // namespace tightrope::config
