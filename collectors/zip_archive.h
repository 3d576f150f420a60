// A ZIP archive that holds one report.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace tightrope::collectors {

// First the one file in it, unpacked: any name; directories beside it are ignored. Second the error, which
// says what is wrong: no archive, none or several files, damaged, encrypted, or larger than `most_bytes`.
std::variant<std::string, std::string> unzip_single(std::string_view archive, std::uint64_t most_bytes);

}  // namespace tightrope::collectors
