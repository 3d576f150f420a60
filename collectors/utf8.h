// Text from outside, before it is shown or kept.
#pragma once

#include <string>
#include <string_view>

namespace tightrope::collectors {

bool is_utf8(std::string_view text) noexcept;

// At most `most_bytes` of it, with an ellipsis when it was longer; control characters and bytes that are not
// UTF-8 become '?', runs of white space one space.
std::string printable(std::string_view text, std::size_t most_bytes);

}  // namespace tightrope::collectors
