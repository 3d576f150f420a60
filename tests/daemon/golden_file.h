// Texts that people read, kept as files: a failure prints the difference.
#pragma once

#include <string>

namespace tightrope::testing {

// Compares `text` with tests/testdata/messages/<name>; TIGHTROPE_UPDATE_GOLDEN=1 in the environment rewrites
// the file instead, to be read before it is kept.
void expect_golden(const std::string& name, const std::string& text);

// JSON with a line for each value, as golden files keep it. REQUIRES: valid JSON.
std::string pretty_json(const std::string& json);

}  // namespace tightrope::testing
