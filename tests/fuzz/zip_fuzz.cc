// Any bytes as an archive of one report.
#include <cstdint>
#include <cstdlib>

#include "collectors/zip_archive.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::uint64_t kMost = 1 << 20;
  const std::string_view archive(reinterpret_cast<const char*>(data), size);
  const auto unpacked = tightrope::collectors::unzip_single(archive, kMost);
  if (unpacked.index() == 0 && std::get<0>(unpacked).size() > kMost) std::abort();
  if (unpacked.index() == 1 && std::get<1>(unpacked).empty()) std::abort();
  return 0;
}
