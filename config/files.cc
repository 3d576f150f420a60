// The files of a configuration: includes, globs, and the limits on all of them.
#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <system_error>
#include <utility>
#include <variant>

#include "config/environment.h"
#include "config/readers.h"
#include "config/scalars.h"

namespace tightrope::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFileBytes = 1u << 20;
constexpr std::size_t kMostTotalBytes = 16u << 20;
constexpr std::size_t kMostFiles = 4096;
constexpr std::size_t kMostIncludeDepth = 16;

}  // namespace

std::vector<std::string> expand_glob(const std::string& pattern) {
  std::vector<std::string> found;
  glob_t matches{};
  if (::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &matches) == 0) {
    found.assign(matches.gl_pathv, matches.gl_pathv + matches.gl_pathc);
  }
  ::globfree(&matches);
  // By bytes: the order must not depend on the locale.
  std::sort(found.begin(), found.end());
  return found;
}

std::optional<Node> parse_text(const std::string& name, std::string text, Reading& reading) {
  const std::size_t file = reading.problems.add_file(name);
  const std::string directory = fs::path(name).parent_path().string();
  reading.directories.push_back(directory.empty() ? "." : directory);
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.erase(0, kByteOrderMark.size());
  const auto illegal = find_illegal_byte(text);
  if (illegal != std::string::npos) {
    const auto before = std::string_view(text).substr(0, illegal);
    const auto line = static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1;
    const auto begin = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    reading.incomplete = true;
    // The line itself is not shown: it is not text.
    reading.problems.error(
        {file, line, static_cast<int>(illegal - begin)}, "",
        fmt::format("byte 0x{:02x} is not UTF-8 text", static_cast<unsigned char>(text[illegal])),
        "save the file as UTF-8");
    return std::nullopt;
  }
  reading.problems.set_text(file, text);
  auto root = parse_yaml(file, text, reading.problems);
  reading.incomplete = reading.incomplete || !root;
  return root;
}

namespace {

class FileReader {
 public:
  explicit FileReader(Reading& reading) : reading_(reading) {}

  enum class Includes { followed, ignored };

  void read_first(const std::string& name, Includes includes = Includes::followed) {
    auto content = read_file(name, kMostFileBytes);
    if (auto* failure = std::get_if<std::string>(&content)) {
      reading_.directories.emplace_back(".");
      set_.names.push_back(name);
      reading_.problems.error({reading_.problems.add_file(name), 0, 0}, "", std::move(*failure));
      return;
    }
    add(name, std::move(std::get<FileText>(content).text), includes);
  }

  void read_listed(const Cursor& list) { read_includes(list); }

  FileSet take() && { return std::move(set_); }

 private:
  static std::string identity(const std::string& name) {
    std::error_code failure;
    const auto canonical = fs::canonical(name, failure);
    return failure ? name : canonical.string();
  }

  void add(const std::string& name, std::string text, Includes includes = Includes::followed) {
    set_.names.push_back(name);
    set_.roots.emplace_back();
    total_ += text.size();
    auto root = parse_text(name, std::move(text), reading_);
    set_.roots.back().where = {reading_.directories.size() - 1, 1, 0};
    if (!root) return;
    set_.roots.back() = std::move(*root);
    const Node& kept = set_.roots.back();
    hide_secrets(kept, reading_.problems);
    const Entry* include = kept.find("include");
    known_.insert(identity(name));
    open_.push_back(identity(name));
    if (include != nullptr && includes == Includes::followed)
      read_includes(Cursor(reading_, include->value, "include"));
    open_.pop_back();
  }

  void read_includes(const Cursor& list) {
    for (const auto& item : list.items_or_one()) {
      const auto written = item.text();
      if (!written) continue;
      if (written->empty()) {
        item.error("names no file");
        continue;
      }
      if (open_.size() > kMostIncludeDepth) {
        item.error(fmt::format("files include each other more than {} deep", kMostIncludeDepth));
        continue;
      }
      const std::string pattern = (fs::path(directory_of(item)) / *written).lexically_normal().string();
      if (written->find_first_of("*?[") == std::string::npos) {
        include(item, pattern);
        continue;
      }
      const auto names = expand_glob(pattern);
      if (names.empty()) item.warning(fmt::format("no file matches {}", in_quotes(pattern)));
      for (const auto& name : names) include(item, name);
    }
  }

  // "" and not ".", so that names stay as short as people write them.
  std::string directory_of(const Cursor& item) const {
    const auto& directory = item.directory();
    return directory == "." ? "" : directory;
  }

  void include(const Cursor& item, const std::string& name) {
    const std::string id = identity(name);
    if (std::find(open_.begin(), open_.end(), id) != open_.end()) {
      item.error(fmt::format("{} includes itself{}", in_quotes(name),
                             id == open_.back() ? "" : ", by way of this file"));
      return;
    }
    if (known_.count(id) > 0) return;  // by two ways: read once
    if (set_.names.size() >= kMostFiles) {
      if (!full_) item.error(fmt::format("more than {} files", kMostFiles));
      full_ = reading_.incomplete = true;
      return;
    }
    auto content = read_file(name, kMostFileBytes);
    if (auto* failure = std::get_if<std::string>(&content)) {
      reading_.incomplete = true;
      item.error(std::move(*failure));
      return;
    }
    auto& text = std::get<FileText>(content).text;
    if (total_ + text.size() > kMostTotalBytes) {
      if (!full_)
        item.error(fmt::format("the files are larger than {} together", format_size(kMostTotalBytes)));
      full_ = reading_.incomplete = true;
      return;
    }
    add(name, std::move(text));
  }

  Reading& reading_;
  FileSet set_;
  std::set<std::string> known_;
  std::vector<std::string> open_;  // the files that are being included, outermost first
  std::size_t total_ = 0;
  bool full_ = false;
};

}  // namespace

FileSet read_files(const std::string& file, Reading& reading) {
  FileReader reader(reading);
  reader.read_first(file);
  return std::move(reader).take();
}

std::optional<Node> read_single_file(const std::string& file, Reading& reading) {
  FileReader reader(reading);
  const bool before = std::exchange(reading.incomplete, false);
  reader.read_first(file, FileReader::Includes::ignored);
  const bool unreadable = std::exchange(reading.incomplete, before);
  FileSet set = std::move(reader).take();
  if (unreadable || set.roots.empty()) return std::nullopt;
  return std::move(set.roots.front());
}

FileSet read_included(const Cursor& include, Reading& reading) {
  FileReader reader(reading);
  reader.read_listed(include);
  return std::move(reader).take();
}

void add_sections(const Cursor& top, Sections& sections) {
  MappingReader in(top, kTopKeys);
  in.get("include", Shape::texts);  // followed already
  const auto append = [&in](std::string_view key, std::vector<Cursor>& all) {
    for (auto& item : in.mappings(key)) all.push_back(std::move(item));
  };
  const auto keep_one = [&](std::string_view key, Shape shape, std::vector<Cursor>& all) {
    auto value = in.get(key, shape);
    if (!value) return;
    if (all.empty()) {
      all.push_back(std::move(*value));
      return;
    }
    const Place first = all.front().place();
    value->error(fmt::format("\"{}\" stands in {}:{} already", key,
                             top.reading().problems.file_name(first.file), first.line),
                 "one file has it for all");
  };
  keep_one("dimensions", Shape::names, sections.dimensions);
  append("metrics", sections.metrics);
  append("kpis", sections.kpis);
  append("sources", sections.sources);
  append("clients", sections.clients);
  append("playbooks", sections.playbooks);
  append("receivers", sections.receivers);
  keep_one("route", Shape::mapping, sections.routes);
  append("export", sections.exports);
  keep_one("journal", Shape::mapping, sections.journals);
  keep_one("http", Shape::mapping, sections.https);
}

Sections find_sections(const FileSet& files, Reading& reading) {
  Sections sections;
  for (const auto& root : files.roots) add_sections(Cursor(reading, root, ""), sections);
  return sections;
}

}  // namespace tightrope::config
