# A room is a folder that becomes two libraries of the same sources: vaegrad::NAME computes in float,
# vaegrad::NAME_f64 in double. Its headers are included as <vaegrad/NAME/...>.

set(VAEGRAD_INCLUDE ${PROJECT_BINARY_DIR}/include)
file(MAKE_DIRECTORY ${VAEGRAD_INCLUDE}/vaegrad)

set(VAEGRAD_WARNINGS -Wall -Wextra -Wconversion)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False alarms from GCC 12's own <string> (its bug 105651) and <avx512fintrin.h> (105593).
  list(APPEND VAEGRAD_WARNINGS -Wno-restrict -Wno-maybe-uninitialized -Wno-uninitialized)
endif()
if(VAEGRAD_WERROR)
  list(APPEND VAEGRAD_WARNINGS -Werror)
endif()

function(vaegrad_room room)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "USES")
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${room} ${VAEGRAD_INCLUDE}/vaegrad/${room} SYMBOLIC)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${room}/*.cpp
                                      ${PROJECT_SOURCE_DIR}/${room}/*/*.cpp)
  foreach(precision IN ITEMS "" _f64)
    set(target vaegrad_${room}${precision})
    if(sources)
      add_library(${target} STATIC ${sources})
      set(scope PUBLIC)
      target_compile_options(${target} PRIVATE ${VAEGRAD_WARNINGS})
    else()
      add_library(${target} INTERFACE)
      set(scope INTERFACE)
    endif()
    add_library(vaegrad::${room}${precision} ALIAS ${target})
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${room}${precision})
    target_include_directories(${target} ${scope} $<BUILD_INTERFACE:${VAEGRAD_INCLUDE}>
                                                  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    foreach(dependency IN LISTS arg_USES)
      if(TARGET vaegrad_${dependency}${precision})
        set(dependency vaegrad_${dependency}${precision})
      endif()
      target_link_libraries(${target} ${scope} ${dependency})
    endforeach()
    set_property(GLOBAL APPEND PROPERTY VAEGRAD_ROOM_TARGETS ${target})

    # What every number in a value depends on travels with the target: the instruction set, the
    # number type, and no contraction of a*b+c (then -O0 = -O3 and GCC = Clang, bit for bit).
    if(room STREQUAL autodiff)
      target_compile_features(${target} PUBLIC cxx_std_20)
      target_compile_options(${target} PUBLIC -ffp-contract=off)
      if(VAEGRAD_ARCH)
        target_compile_options(${target} PUBLIC -march=${VAEGRAD_ARCH})
      endif()
      if(precision STREQUAL _f64)
        target_compile_definitions(${target} PUBLIC VAEGRAD_DOUBLE)
      endif()
      target_link_libraries(${target} PUBLIC vaegrad::xsimd OpenMP::OpenMP_CXX)
    endif()
  endforeach()
endfunction()
