// Texts that people read, kept as files: a failure prints the difference.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tightrope::testing {

// Compares `text` with the whole of `file`, byte by byte; TIGHTROPE_UPDATE_GOLDEN=1 in the environment
// rewrites the file instead, to be read before it is kept.
void expect_same_as_file(const std::filesystem::path& file, const std::string& text);

// The .yaml files of a folder that holds one case in each, without that ending, sorted. Throws
// std::filesystem::filesystem_error where the folder cannot be read.
std::vector<std::string> yaml_cases(const std::filesystem::path& folder);

}  // namespace tightrope::testing
