// The files of the web page, as the build embedded them (embed.cmake).
#pragma once

#include <string_view>

namespace tightrope::daemon::web {

std::string_view index_html() noexcept;
std::string_view page_css() noexcept;
std::string_view answers_js() noexcept;
std::string_view page_js() noexcept;

}  // namespace tightrope::daemon::web
