// A ZIP archive that holds one file, deflated.
#pragma once

#include <string>
#include <string_view>

namespace tightrope::vendors {

std::string zip_file(std::string_view name, std::string_view bytes);

}  // namespace tightrope::vendors
