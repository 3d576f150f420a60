#include "config/problems.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace tightrope::config {
namespace {

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0u) == 0x80u;
}

// Characters before a byte: what an editor calls the column.
int characters_before(std::string_view line, int bytes) {
  const auto end = std::min(line.size(), static_cast<std::size_t>(std::max(bytes, 0)));
  const auto inside =
      static_cast<int>(std::count_if(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(end),
                                     [](char c) { return !is_continuation(c); }));
  return inside + std::max(0, bytes - static_cast<int>(line.size()));
}

// At most `most` bytes, never half a character.
std::string_view shortened(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && is_continuation(text[most])) --most;
  return text.substr(0, most);
}

// The user and password of a URL, wherever one stands.
void hide_user_info(std::string& line) {
  for (std::size_t at = line.find("://"); at != std::string::npos; at = line.find("://", at + 3)) {
    const std::size_t begin = at + 3;
    const std::size_t end = line.find_first_of("/ \t\"'?#", begin);
    const std::size_t sign = line.substr(0, end).rfind('@');
    if (sign == std::string::npos || sign < begin) continue;
    std::fill(line.begin() + static_cast<std::ptrdiff_t>(begin),
              line.begin() + static_cast<std::ptrdiff_t>(sign), '*');
  }
}

}  // namespace

std::size_t Problems::add_file(std::string name) {
  files_.push_back({std::move(name), {}, {}});
  return files_.size() - 1;
}

void Problems::set_text(std::size_t file, std::string_view text) {
  auto& lines = files_[file].lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    lines.emplace_back(line);
  }
  files_[file].shown = lines;
}

std::string_view Problems::line(std::size_t file, int number) const {
  const auto& lines = files_[file].lines;
  if (number < 1 || static_cast<std::size_t>(number) > lines.size()) return {};
  return lines[static_cast<std::size_t>(number) - 1];
}

void Problems::hide(Place from, std::size_t length) {
  auto& lines = files_[from.file].shown;
  if (from.line < 1 || static_cast<std::size_t>(from.line) > lines.size()) return;
  auto& line = lines[static_cast<std::size_t>(from.line) - 1];
  const auto begin = std::min(line.size(), static_cast<std::size_t>(std::max(from.column, 0)));
  const auto count = std::min(length, line.size() - begin);
  // As many asterisks as characters, so that columns to the right stay where they are.
  const auto characters =
      characters_before(std::string_view(line).substr(begin, count), static_cast<int>(count));
  line.replace(begin, count, std::string(static_cast<std::size_t>(characters), '*'));
}

void Problems::add(ErrorLevel level, Place where, std::string path, std::string problem, std::string hint) {
  if (level == ErrorLevel::error) {
    failed_ = true;
    ++errors_;
  }
  if (entries_.size() >= kMost) {
    ++more_;
    return;
  }
  entries_.push_back({where, Error{{}, std::move(path), std::move(problem), std::move(hint), "", level}});
}

void Problems::error(Place where, std::string path, std::string problem, std::string hint) {
  add(ErrorLevel::error, where, std::move(path), std::move(problem), std::move(hint));
}

void Problems::warning(Place where, std::string path, std::string problem, std::string hint) {
  add(ErrorLevel::warning, where, std::move(path), std::move(problem), std::move(hint));
}

Error Problems::shown_at(Place where) const {
  const auto& file = files_[where.file];
  Error error;
  error.where = {file.name, where.line, 0};
  if (where.line > 0) error.where.column = characters_before(line(where.file, where.line), where.column) + 1;
  if (where.line > 0 && static_cast<std::size_t>(where.line) <= file.shown.size()) {
    std::string shown = file.shown[static_cast<std::size_t>(where.line) - 1];
    hide_user_info(shown);
    error.line = shortened(shown, kMostLineBytes);
  }
  return error;
}

void Problems::drop_repeated(std::size_t file) {
  const auto same = [](const Entry& a, const Entry& b) {
    return a.where.line == b.where.line && a.where.column == b.where.column && a.error.path == b.error.path &&
           a.error.problem == b.error.problem;
  };
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const bool repeated =
        entry->where.file == file && std::any_of(entries_.begin(), entry, [&](const Entry& earlier) {
          return earlier.where.file == file && same(earlier, *entry);
        });
    entry = repeated ? entries_.erase(entry) : entry + 1;
  }
}

Errors Problems::take() && {
  std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.where.file, a.where.line, a.where.column) <
           std::tie(b.where.file, b.where.line, b.where.column);
  });
  Errors errors;
  errors.reserve(entries_.size() + 1);
  for (auto& [where, error] : entries_) {
    Error shown = shown_at(where);
    error.where = std::move(shown.where);
    error.line = std::move(shown.line);
    errors.push_back(std::move(error));
  }
  if (more_ > 0) {
    errors.push_back({{files_.front().name, 0, 0},
                      "",
                      fmt::format("{} more problems are not shown", more_),
                      "",
                      "",
                      failed_ ? ErrorLevel::error : ErrorLevel::warning});
  }
  return errors;
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kMost = 80;
  std::string shown(shortened(text, kMost));
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return fmt::format("\"{}{}\"", shown, text.size() > kMost ? "..." : "");
}

std::string did_you_mean(std::string_view suggestion) {
  return suggestion.empty() ? std::string() : fmt::format("did you mean \"{}\"?", suggestion);
}

}  // namespace tightrope::config
