# How every target of the project is built. Requirements travel with targets; there are no global flags.
add_library(tightrope_build_flags INTERFACE)
target_compile_features(tightrope_build_flags INTERFACE cxx_std_20)
target_compile_options(tightrope_build_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Werror -fno-fast-math -ffp-contract=off)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False positives of g++ 12 in coroutine frames and std::string, at -O2 and under sanitizers.
  target_compile_options(tightrope_build_flags INTERFACE -fcoroutines -Wno-error=maybe-uninitialized
    -Wno-error=restrict -Wno-error=stringop-overflow -Wno-error=array-bounds -Wno-error=free-nonheap-object
    -Wno-error=mismatched-new-delete)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_link_options(tightrope_build_flags INTERFACE -fuse-ld=lld)  # many test programs: linking is a good part of a build
endif()
if(TIGHTROPE_SANITIZE)
  target_compile_options(tightrope_build_flags INTERFACE -fsanitize=${TIGHTROPE_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(tightrope_build_flags INTERFACE -fsanitize=${TIGHTROPE_SANITIZE})
endif()

# Heavy headers are parsed once per target. Only with clang: g++ builds without, which also shows that every file includes
# what it uses.
option(TIGHTROPE_PRECOMPILE "Precompile heavy headers (clang only)" ON)
function(tightrope_precompile target)
  if(TIGHTROPE_PRECOMPILE AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND ARGN)
    target_precompile_headers(${target} PRIVATE ${ARGN})
    target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")  # so that ccache can tell equal ones
  endif()
endfunction()

# Those of another target with the same options, instead of parsing them once more.
function(tightrope_reuse_precompiled target from)
  if(TIGHTROPE_PRECOMPILE AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    target_precompile_headers(${target} REUSE_FROM ${from})
    target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  endif()
endfunction()

# The asan presets do not optimise: clang compiles such a build in less than half the time, and most of it never runs long. What
# computes for long is optimised there too.
function(tightrope_optimise target)
  if(TIGHTROPE_SANITIZE)
    target_compile_options(${target} PRIVATE -O1)
  endif()
endfunction()

# tightrope_library(NAME SOURCES ... PUBLIC ... PRIVATE ... PRECOMPILE ...): one library per folder, included from the root.
function(tightrope_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE;PRECOMPILE" ${ARGN})
  add_library(tightrope_${name} STATIC ${ARG_SOURCES})
  add_library(tightrope::${name} ALIAS tightrope_${name})
  target_include_directories(tightrope_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(tightrope_${name} PUBLIC ${ARG_PUBLIC} PRIVATE tightrope_build_flags ${ARG_PRIVATE})
  target_compile_features(tightrope_${name} PUBLIC cxx_std_20)
  tightrope_precompile(tightrope_${name} ${ARG_PRECOMPILE})
endfunction()

# tightrope_program(NAME SOURCES ... LIBRARIES ...)
function(tightrope_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE tightrope_build_flags ${ARG_LIBRARIES})
endfunction()

# With TIGHTROPE_BY_SUITE in its environment, ctest starts a program once for each suite and not for each test: under sanitizers
# the start takes longer than most tests.
function(tightrope_test_by_suite name timeout labels)
  get_property(includes DIRECTORY PROPERTY TEST_INCLUDE_FILES)
  list(POP_BACK includes each_test)
  set(chosen ${CMAKE_CURRENT_BINARY_DIR}/${name}_chosen.cmake)
  math(EXPR timeout "${timeout} * 5")
  file(GENERATE OUTPUT ${chosen} CONTENT "if(DEFINED ENV{TIGHTROPE_BY_SUITE} AND EXISTS \"$<TARGET_FILE:${name}>\")
  set(name ${name})
  set(program \"$<TARGET_FILE:${name}>\")
  set(directory \"${CMAKE_CURRENT_BINARY_DIR}\")
  set(timeout ${timeout})
  set(labels \"${labels}\")
  include(\"${PROJECT_SOURCE_DIR}/cmake/test_suites.cmake\")
else()
  include(\"${each_test}\")
endif()
")
  set_property(DIRECTORY PROPERTY TEST_INCLUDE_FILES ${includes} ${chosen})
endfunction()

# tightrope_test(NAME SOURCES ... LIBRARIES ... LABELS ... [REUSE TARGET | PRECOMPILE ...]): a GoogleTest program, each of its
# tests known to ctest. REUSE: its precompiled headers are TARGET's; PRECOMPILE: more of them than every test has.
function(tightrope_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT;REUSE" "SOURCES;LIBRARIES;LABELS;PRECOMPILE" ${ARGN})
  tightrope_program(${name} SOURCES ${ARG_SOURCES} LIBRARIES ${ARG_LIBRARIES} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE TIGHTROPE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  list(LENGTH ARG_SOURCES sources)
  if(ARG_REUSE)
    tightrope_reuse_precompiled(${name} ${ARG_REUSE})
  elseif(sources GREATER 3)
    tightrope_precompile(${name} <gmock/gmock.h> <map> <memory> <optional> <string> <variant> <vector> ${ARG_PRECOMPILE})
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  gtest_discover_tests(${name} NO_PRETTY_VALUES DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
  tightrope_test_by_suite(${name} ${ARG_TIMEOUT} "${ARG_LABELS}")
endfunction()
