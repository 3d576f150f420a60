// Packed bytes, as servers and archives have them.
#pragma once

#include <string>
#include <string_view>

namespace tightrope::testing {

enum class Packing { gzip, raw };  // raw: deflate without header and sum, as in a ZIP archive
std::string deflated(std::string_view bytes, Packing packing);

}  // namespace tightrope::testing
