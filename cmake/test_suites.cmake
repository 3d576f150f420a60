# Included by ctest with TIGHTROPE_BY_SUITE set: makes one test of each suite of the GoogleTest program `program`.
execute_process(COMMAND ${program} --gtest_list_tests OUTPUT_VARIABLE listed RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  add_test(${name} ${program})  # fails with what the program says
  return()
endif()
string(REGEX MATCHALL "(^|\n)[^ \n]+\\.[^\n]*\n  " suites "${listed}")
foreach(suite IN LISTS suites)
  string(REGEX REPLACE "^\n?([^ \n]+)\\..*$" "\\1" suite "${suite}")
  add_test("${name}.${suite}" ${program} "--gtest_filter=${suite}.*")
  # Long ones first, so that none is left over for the end.
  set_tests_properties("${name}.${suite}" PROPERTIES
    WORKING_DIRECTORY "${directory}" TIMEOUT ${timeout} COST ${timeout} LABELS "${labels}")
endforeach()
