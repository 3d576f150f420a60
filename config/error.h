// Mistakes in what people wrote, each with its place.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tightrope::config {

// Lines and columns count from 1, as editors do: a column is a character, not a byte. Line 0: the file as a
// whole.
struct Location {
  std::string file;
  int line = 0;
  int column = 0;
};

enum class ErrorLevel { error, warning, note };

struct Error {
  Location where;
  std::string path;     // "clients[0].objectives[1].targets[0].over"; "" at the top
  std::string problem;  // `"5x" is not a duration; write 30s, 5m or 1h`
  std::string hint;     // `did you mean "at_most"?`, or ""
  std::string
      line;  // the line of the file itself, without its line break; secrets are asterisks, long lines are cut
  ErrorLevel level = ErrorLevel::error;
};

using Errors = std::vector<Error>;

// For a terminal or a log, ending in a line break:
//   clients/acme.yaml:14:13: error: clients[0].objectives[0].targets[0].over: "5x" is not a window
//      over: 5x
//            ^
//      did you mean ...
std::string format(const Error& error);
std::string format(const Errors& errors);

}  // namespace tightrope::config
