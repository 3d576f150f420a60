// Any bytes as a connector file: errors, or a connector whose every error has a place.
#include <cstdint>
#include <cstdlib>

#include "config/connector.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tightrope;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const config::Errors errors = config::check_connector_text("fuzz.yaml", text);
  for (const config::Error& error : errors) {
    if (error.problem.empty() || error.where.line < 0 || error.where.column < 0) std::abort();
  }
  // What is written out must not fall over what was read in.
  if (config::format(errors).empty() != errors.empty()) std::abort();
  return 0;
}
