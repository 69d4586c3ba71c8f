# sw_options: language level, warnings and sanitizers of our own targets; no global flags.
add_library(sw_options INTERFACE)
target_compile_features(sw_options INTERFACE cxx_std_20)
target_include_directories(sw_options INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
target_compile_options(sw_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  -Wimplicit-fallthrough
  # GCC 12 sees overlaps in std::string that are not there (its bug 105651), with -O2 and above.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict $<$<CONFIG:Release>:-Wno-maybe-uninitialized>>)
if(SW_WERROR)
  target_compile_options(sw_options INTERFACE -Werror)
endif()
if(SW_SANITIZE)
  target_compile_options(sw_options INTERFACE -fsanitize=${SW_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_compile_definitions(sw_options INTERFACE SW_SANITIZED)
  target_link_options(sw_options INTERFACE -fsanitize=${SW_SANITIZE})
endif()
# Presets that build everything at once compile eight files as one: that halves their time.
set(CMAKE_UNITY_BUILD_BATCH_SIZE 8)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(SW_MOLD mold)
if(SW_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
find_program(SW_CCACHE ccache)
if(SW_CCACHE)
  # Paths relative to the tree, so that clones and worktrees share what one of them has compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
    CCACHE_NOHASHDIR=1 ${SW_CCACHE})
endif()

# sw_library(NAME SOURCES... LINK ...): one static library per folder; it sees what it links, and
# links only downwards.
function(sw_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC sw_options ${ARG_LINK} PRIVATE ${ARG_PRIVATE_LINK})
endfunction()

# sw_test(NAME [SECONDS n] SOURCES... LINK ...): one test program per folder, run by ctest. SECONDS, where they
# are many: about how long it takes, so that the longest begin first.
function(sw_test name)
  cmake_parse_arguments(ARG "" "SECONDS" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${CMAKE_SOURCE_DIR}/tests/support/main.cpp ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} sw_test_support)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600)
  if(ARG_SECONDS)
    set_tests_properties(${name} PROPERTIES COST ${ARG_SECONDS})
  endif()
endfunction()
