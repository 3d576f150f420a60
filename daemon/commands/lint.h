// What is wrong with a configuration although it can be read, at its place in the files.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <vector>

#include "config/configuration.h"
#include "rules/lint.h"

namespace tightrope::daemon::commands {

// One thing to tell of a configuration: what its readers said, or what lint found.
struct Remark {
  config::Error error;
  std::string kind = "configuration";  // of a finding its kind, which stands in the text as well
  bool likely = false;
  std::string client;
  std::vector<rules::Subject> about;
};

// What the readers said and, of a configuration that can be used, what lint finds, in the order of files,
// lines and columns. What a reader said at a place already is not said again. REQUIRES: the places were
// kept.
std::vector<Remark> remarks_on(const config::Loaded& loaded);

// {"file", "line", "column", "level", "kind", "path", "problem", "remedy", ...}
boost::json::value to_json(const Remark& remark);

}  // namespace tightrope::daemon::commands
