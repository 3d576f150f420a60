# Writes a C++ file with the bytes of the connector files.
#   cmake -D DIRECTORY=collectors/connectors -D OUTPUT=shipped_files.cc -P embed_connectors.cmake
set(code "// Written by config/embed_connectors.cmake.\n#include <array>\n\n#include \"config/connector_files.h\"\n\n"
  "namespace tightrope::config {\nnamespace {\n")
set(rows "")
set(count 0)
file(GLOB files ${DIRECTORY}/*.yaml)
list(SORT files)
foreach(file IN LISTS files)
  get_filename_component(name "${file}" NAME)
  file(READ "${file}" bytes HEX)
  string(LENGTH "${bytes}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," numbers "${bytes}")
  string(REPEAT "0x..," 24 row)
  string(REGEX REPLACE "(${row})" "\\1\n  " numbers "${numbers}")
  string(APPEND code "\nconstexpr unsigned char k${count}[] = {\n  ${numbers}};\n")
  string(APPEND rows "      {\"${name}\", {reinterpret_cast<const char*>(k${count}), ${size}}},\n")
  math(EXPR count "${count} + 1")
endforeach()
string(APPEND code "\n}  // namespace\n\nstd::span<const ShippedFile> shipped_files() noexcept {\n"
  "  static const std::array<ShippedFile, ${count}> kFiles{{\n${rows}  }};\n  return kFiles;\n}\n"
  "\n}  // namespace tightrope::config\n")
file(WRITE "${OUTPUT}" "${code}")
