# Writes a C++ file whose functions return the bytes of the page's files.
#   cmake -D DIRECTORY=daemon/web -D OUTPUT=assets.cc -P embed.cmake
set(code "// Written by daemon/web/embed.cmake.\n#include \"daemon/web/assets.h\"\n\nnamespace tightrope::daemon::web {\n")
foreach(file index.html page.css answers.js page.js)
  string(REPLACE "." "_" name "${file}")
  file(READ "${DIRECTORY}/${file}" bytes HEX)
  string(LENGTH "${bytes}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," numbers "${bytes}")
  string(REPEAT "0x..," 24 row)
  string(REGEX REPLACE "(${row})" "\\1\n  " numbers "${numbers}")
  string(APPEND code "\nstatic constexpr unsigned char k_${name}[] = {\n  ${numbers}};\n"
    "std::string_view ${name}() noexcept {\n"
    "  return {reinterpret_cast<const char*>(k_${name}), ${size}};\n}\n")
endforeach()
string(APPEND code "\n}  // namespace tightrope::daemon::web\n")
file(WRITE "${OUTPUT}" "${code}")
