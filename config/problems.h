// Gathers what is wrong in all files, to be told in one go. Private to config/.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/error.h"

namespace tightrope::config {

// A place in one of the files. Lines count from 1 (0: the file as a whole); columns count bytes from 0.
struct Place {
  std::size_t file = 0;
  int line = 0;
  int column = 0;
};

// Owns the lines of every file, so that each mistake can be shown with its own. One thread.
class Problems {
 public:
  // Beyond so many, the rest is only counted.
  static constexpr std::size_t kMost = 1000;
  // Of a line so many bytes are shown.
  static constexpr std::size_t kMostLineBytes = 240;

  // The number of the file in Place::file.
  std::size_t add_file(std::string name);
  void set_text(std::size_t file, std::string_view text);

  void error(Place where, std::string path, std::string problem, std::string hint = "");
  void warning(Place where, std::string path, std::string problem, std::string hint = "");

  // Bytes of a line that must never be shown: they become asterisks. kToEnd hides the rest of the line.
  static constexpr std::size_t kToEnd = static_cast<std::size_t>(-1);
  void hide(Place from, std::size_t length);

  const std::string& file_name(std::size_t file) const { return files_[file].name; }
  // The line as it stands in the file, without its line break; "" where there is none.
  std::string_view line(std::size_t file, int number) const;
  int line_count(std::size_t file) const { return static_cast<int>(files_[file].lines.size()); }
  bool failed() const noexcept { return failed_; }
  // Errors so far, for whoever has to know whether a part has one.
  std::size_t error_count() const noexcept { return errors_; }

  // An error without words at that place: where, and the line as it may be shown.
  Error shown_at(Place where) const;

  // Of a file whose parts are read more than once: keeps each mistake once.
  void drop_repeated(std::size_t file);

  // In the order of files, lines and columns.
  Errors take() &&;

 private:
  struct File {
    std::string name;
    std::vector<std::string> lines;
    std::vector<std::string> shown;  // the same with secrets hidden
  };
  struct Entry {
    Place where;
    Error error;
  };
  void add(ErrorLevel level, Place where, std::string path, std::string problem, std::string hint);

  std::vector<File> files_;
  std::vector<Entry> entries_;
  std::size_t more_ = 0;
  std::size_t errors_ = 0;
  bool failed_ = false;
};

// "..." around the text, shortened where it is long and with control characters replaced.
std::string in_quotes(std::string_view text);
// `did you mean "x"?`, or "" for an empty suggestion.
std::string did_you_mean(std::string_view suggestion);

}  // namespace tightrope::config
