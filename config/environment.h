// Values from outside the files: environment variables and files that hold one secret. Private to config/.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/secret.h"

namespace tightrope::config {

struct EnvironmentError {
  std::size_t offset;   // of the `${env:` in the text
  std::string problem;  // names the variable, never shows its value
};

// Replaces every ${env:NAME}. Values are not looked at again; they are added to `values`. A variable that is
// unset or empty is an error.
std::variant<std::string, EnvironmentError> expand_environment(std::string_view text,
                                                               std::vector<std::string>& values);

struct SecretFile {
  Secret secret;  // without the line break at its end
  bool world_readable = false;
};
// A regular file of at most 64 KiB with one line. Else what is wrong, which names the file and shows none of
// it.
std::variant<SecretFile, std::string> read_secret_file(const std::string& path);

// A regular file of at most `most_bytes`; else what is wrong, as a sentence that begins with the quoted path.
struct FileText {
  std::string text;
};
std::variant<FileText, std::string> read_file(const std::string& path, std::size_t most_bytes);

}  // namespace tightrope::config
