// What people and receivers are told, as files.
#pragma once

#include <string>

namespace tightrope::testing {

// As expect_same_as_file() of tests/support, for tests/testdata/messages/<name>.
void expect_golden(const std::string& name, const std::string& text);

// JSON with a line for each value, as golden files keep it. REQUIRES: valid JSON.
std::string pretty_json(const std::string& json);

}  // namespace tightrope::testing
