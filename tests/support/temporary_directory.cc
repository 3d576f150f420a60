#include "tests/support/temporary_directory.h"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace tightrope::testing {

TemporaryDirectory::TemporaryDirectory() {
  const bool in_memory = access("/dev/shm", W_OK) == 0;
  path_ = (in_memory ? std::string("/dev/shm") : std::filesystem::temp_directory_path().string()) +
          "/tightrope-test-XXXXXX";
  if (!mkdtemp(path_.data())) throw std::runtime_error("cannot make " + path_);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;  // what is left over is in a temporary directory all the same
  std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::string bytes(std::filesystem::file_size(path), '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path);
}

}  // namespace tightrope::testing
