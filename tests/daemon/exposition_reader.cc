#include "tests/daemon/exposition_reader.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <optional>
#include <set>

#include "daemon/utf8.h"

namespace tightrope::testing {
namespace {

bool is_name(std::string_view name, bool colons) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  for (const char c : name) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!good && !(colons && c == ':')) return false;
  }
  return true;
}

// Undoes escapes of backslash, line break and, where `quotes`, quote. Nothing when there is another one.
std::optional<std::string> unescape(std::string_view text, bool quotes) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      result += text[i];
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    if (text[i] == 'n') {
      result += '\n';
    } else if (text[i] == '\\' || (quotes && text[i] == '"')) {
      result += text[i];
    } else {
      return std::nullopt;
    }
  }
  return result;
}

std::optional<double> parse_value(std::string_view text) {
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "+Inf") return std::numeric_limits<double>::infinity();
  if (text == "-Inf") return -std::numeric_limits<double>::infinity();
  double value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool plain = text.find_first_of("nNiI") == std::string_view::npos;
  if (!plain || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Sample> parse_sample(std::string_view line) {
  Sample sample;
  const auto end_of_name = line.find_first_of("{ ");
  if (end_of_name == std::string_view::npos) return std::nullopt;
  sample.name = line.substr(0, end_of_name);
  if (!is_name(sample.name, true)) return std::nullopt;
  line.remove_prefix(end_of_name);
  if (line.front() == '{') {
    line.remove_prefix(1);
    while (true) {
      const auto equals = line.find("=\"");
      if (equals == std::string_view::npos) return std::nullopt;
      const std::string name(line.substr(0, equals));
      std::size_t end = equals + 2;
      while (end < line.size() && line[end] != '"') end += line[end] == '\\' ? 2 : 1;
      if (end >= line.size()) return std::nullopt;
      const auto value = unescape(line.substr(equals + 2, end - equals - 2), true);
      if (!value || !is_name(name, false) || name.starts_with("__")) return std::nullopt;
      if (!sample.labels.emplace(name, *value).second) return std::nullopt;
      line.remove_prefix(end + 1);
      if (line.starts_with(',')) {
        line.remove_prefix(1);
      } else if (line.starts_with('}')) {
        line.remove_prefix(1);
        break;
      } else {
        return std::nullopt;
      }
    }
  }
  if (!line.starts_with(' ')) return std::nullopt;
  const auto value = parse_value(line.substr(1));
  if (!value) return std::nullopt;
  sample.value = *value;
  return sample;
}

bool belongs(const std::string& sample, const std::string& family, const std::string& type, Dialect dialect) {
  if (type == "histogram")
    return sample == family + "_bucket" || sample == family + "_sum" || sample == family + "_count";
  if (type == "counter" && dialect == Dialect::openmetrics) return sample == family + "_total";
  return sample == family;
}

class Reader {
 public:
  explicit Reader(Dialect dialect) : dialect_(dialect) {}

  void line(std::string_view text) {
    if (result_.ended) fault("something follows # EOF", text);
    if (text == "# EOF") {
      result_.ended = true;
    } else if (text.starts_with("# HELP ")) {
      help(text);
    } else if (text.starts_with("# TYPE ")) {
      type(text);
    } else if (text.empty() || text.starts_with('#')) {
      fault("not a line of the format", text);
    } else {
      sample(text);
    }
  }

  Exposition take() {
    if (dialect_ == Dialect::openmetrics && !result_.ended) result_.faults.push_back("no # EOF");
    if (dialect_ == Dialect::text && result_.ended) result_.faults.push_back("# EOF is not of this format");
    return std::move(result_);
  }

  void fault(const std::string& what, std::string_view line) {
    result_.faults.push_back(what + ": " + std::string(line));
  }

 private:
  void help(std::string_view line) {
    const auto space = line.find(' ', 7);
    if (space == std::string_view::npos) return fault("no help text", line);
    current_ = line.substr(7, space - 7);
    if (!is_name(current_, true)) fault("bad name", line);
    if (result_.families.contains(current_)) fault("family declared twice", line);
    const auto text = unescape(line.substr(space + 1), dialect_ == Dialect::openmetrics);
    if (!text || text->empty()) fault("bad help text", line);
    result_.families[current_].help = text.value_or("");
  }

  void type(std::string_view line) {
    const auto space = line.find(' ', 7);
    if (space == std::string_view::npos || line.substr(7, space - 7) != current_)
      return fault("TYPE does not follow HELP", line);
    Family& family = result_.families[current_];
    if (!family.type.empty()) fault("TYPE declared twice", line);
    family.type = line.substr(space + 1);
    static const std::set<std::string> kTypes{"counter", "gauge",   "histogram",
                                              "summary", "untyped", "unknown"};
    if (!kTypes.contains(family.type)) fault("unknown type", line);
  }

  void sample(std::string_view line) {
    const std::optional<Sample> parsed = parse_sample(line);
    if (!parsed) return fault("bad sample", line);
    if (current_.empty() || result_.families[current_].type.empty())
      return fault("sample without a family", line);
    Family& family = result_.families[current_];
    if (!belongs(parsed->name, current_, family.type, dialect_)) fault("sample of another family", line);
    if (!seen_.emplace(parsed->name, parsed->labels).second) fault("sample given twice", line);
    family.samples.push_back(*parsed);
  }

  Dialect dialect_;
  Exposition result_;
  std::string current_;
  std::set<std::pair<std::string, std::map<std::string, std::string>>> seen_;
};

bool has_labels(const Sample& sample, const std::map<std::string, std::string>& labels) {
  for (const auto& [name, value] : labels) {
    const auto found = sample.labels.find(name);
    if (found == sample.labels.end() || found->second != value) return false;
  }
  return true;
}

std::vector<const Sample*> matching(const Exposition& exposition, const std::string& name,
                                    const std::map<std::string, std::string>& labels) {
  std::vector<const Sample*> result;
  for (const auto& [family_name, family] : exposition.families) {
    for (const Sample& sample : family.samples) {
      if (sample.name == name && has_labels(sample, labels)) result.push_back(&sample);
    }
  }
  return result;
}

}  // namespace

double Exposition::value(const std::string& name, const std::map<std::string, std::string>& labels) const {
  const auto found = matching(*this, name, labels);
  EXPECT_EQ(found.size(), 1u) << name;
  return found.size() == 1 ? found.front()->value : std::nan("");
}

std::size_t Exposition::count(const std::string& name,
                              const std::map<std::string, std::string>& labels) const {
  return matching(*this, name, labels).size();
}

Exposition read_exposition(std::string_view text, Dialect dialect) {
  Reader reader(dialect);
  std::string checked;
  daemon::append_utf8(checked, text);
  if (checked != text) reader.fault("not UTF-8", "");
  if (!text.empty() && text.back() != '\n') reader.fault("no line break at the end", "");
  while (!text.empty()) {
    const auto end = text.find('\n');
    reader.line(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return reader.take();
}

Promtool check_with_promtool(const std::string& text) {
  Promtool result;
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) return result;
  result.found = true;
  char path[] = "/tmp/tightrope-metrics-XXXXXX";
  const int file = mkstemp(path);
  if (file < 0) {
    result.status = -1;
    return result;
  }
  const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(file);
  const std::string command = std::string("promtool check metrics < ") + path + " 2>&1";
  FILE* pipe = written ? popen(command.c_str(), "r") : nullptr;
  if (pipe) {
    char buffer[4096];
    while (const std::size_t size = fread(buffer, 1, sizeof buffer, pipe)) result.output.append(buffer, size);
    const int status = pclose(pipe);
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  } else {
    result.status = -1;
  }
  unlink(path);
  return result;
}

}  // namespace tightrope::testing
