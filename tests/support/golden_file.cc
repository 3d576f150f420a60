#include "tests/support/golden_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace tightrope::testing {

void expect_same_as_file(const std::filesystem::path& file, const std::string& text) {
  const char* update = std::getenv("TIGHTROPE_UPDATE_GOLDEN");
  if (update != nullptr && std::string(update) == "1") {
    std::ofstream out(file, std::ios::binary);
    out << text << std::flush;
    ASSERT_TRUE(out) << file << " cannot be written";
    return;
  }
  std::ifstream in(file, std::ios::binary);
  ASSERT_TRUE(in) << file << " is missing; TIGHTROPE_UPDATE_GOLDEN=1 writes it";
  const std::string expected(std::istreambuf_iterator<char>(in), {});
  EXPECT_EQ(expected, text) << file << " differs; TIGHTROPE_UPDATE_GOLDEN=1 rewrites it";
}

std::vector<std::string> yaml_cases(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace tightrope::testing
