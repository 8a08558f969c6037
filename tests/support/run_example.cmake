# SPDX-License-Identifier: BSL-1.0
# Runs an example in a folder of its own, beside a copy of examples/data, and compares what it prints and each file that it writes with
# expected/<name>.txt and expected/<file>. cmake -Dprogram= -Dname= -Darguments= -Dexamples= -Dscratch= -P run_example.cmake
cmake_minimum_required(VERSION 3.22)
file(REMOVE_RECURSE "${scratch}")
file(MAKE_DIRECTORY "${scratch}")
if(EXISTS "${examples}/data")
  file(COPY "${examples}/data" DESTINATION "${scratch}")
endif()
execute_process(COMMAND "${program}" ${arguments} WORKING_DIRECTORY "${scratch}" OUTPUT_FILE "${scratch}/${name}.txt" RESULT_VARIABLE result
                ERROR_VARIABLE errors)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${name} ended with ${result}: ${errors}")
endif()
file(GLOB written RELATIVE "${scratch}" "${scratch}/*.*")
foreach(file IN LISTS written)
  if(EXISTS "${examples}/expected/${file}")
    execute_process(COMMAND "${CMAKE_COMMAND}" -E compare_files --ignore-eol "${scratch}/${file}" "${examples}/expected/${file}"
                    RESULT_VARIABLE different OUTPUT_QUIET ERROR_QUIET)
    if(different)
      execute_process(COMMAND diff -u "${examples}/expected/${file}" "${scratch}/${file}")
      message(SEND_ERROR "${file} differs from examples/expected/${file}; if the new one is right, copy it there")
    endif()
  elseif(IS_DIRECTORY "${examples}/expected")
    message(SEND_ERROR "There is no examples/expected/${file} to compare with; if the one in ${scratch} is right, copy it there")
  endif()
endforeach()
