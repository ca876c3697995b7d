# A room is a folder that becomes two libraries of the same sources: vaegrad::NAME computes in float,
# vaegrad::NAME_f64 in double. Its headers are included as <vaegrad/NAME/...>.

set(VAEGRAD_INCLUDE ${PROJECT_BINARY_DIR}/include)
file(MAKE_DIRECTORY ${VAEGRAD_INCLUDE}/vaegrad)

# No symbol of ours is replaced by another library's, so -fPIC costs no inlining.
if(NOT DEFINED CMAKE_POSITION_INDEPENDENT_CODE)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  set(VAEGRAD_PIC -fno-semantic-interposition)
endif()

set(VAEGRAD_WARNINGS -Wall -Wextra -Wconversion)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False alarms from GCC 12's own <string> (its bug 105651) and <avx512fintrin.h> (105593).
  list(APPEND VAEGRAD_WARNINGS -Wno-restrict -Wno-maybe-uninitialized -Wno-uninitialized)
endif()
if(VAEGRAD_WERROR)
  list(APPEND VAEGRAD_WARNINGS -Werror)
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # What GCC's optimiser guesses after inlining changes with the compiler, its options and even the length of a path that is
    # compiled in: said, but no error.
    foreach(guess array-bounds stringop-overflow stringop-overread free-nonheap-object dangling-pointer)
      list(APPEND VAEGRAD_WARNINGS -Wno-error=${guess})
    endforeach()
  endif()
endif()

# Headers of others, which most of a room's sources include: parsed once. None of ours, so that a header of ours that changes
# compiles no more than includes it; and not nlohmann/json.hpp, which costs half a second wherever it is. Not with ccache,
# which does better without.
set(VAEGRAD_PRECOMPILED_autodiff <algorithm> <array> <cmath> <concepts> <cstdint> <functional> <limits> <memory> <span>
    <string> <string_view> <type_traits> <utility> <vector> <xsimd/xsimd.hpp>)
set(VAEGRAD_PRECOMPILED_models ${VAEGRAD_PRECOMPILED_autodiff})
set(VAEGRAD_PRECOMPILED_lab ${VAEGRAD_PRECOMPILED_autodiff} <filesystem> <map> <optional> <fmt/format.h>)
function(vaegrad_precompile target)
  if(NOT CMAKE_CXX_COMPILER_LAUNCHER MATCHES ccache)
    target_precompile_headers(${target} ${ARGN})
  endif()
endfunction()

# Folders of short files that all parse the same headers: each is compiled as one, with the folders in it that are not named
# themselves, in the time of two. What two of its files call the same in an unnamed namespace must be called otherwise in one
# of them.
set(VAEGRAD_COMPILED_AS_ONE autodiff models models/objectives models/likelihoods models/inference models/inference/posteriors
    models/inference/priors models/networks models/metrics models/numerics lab lab/data lab/files lab/pictures lab/run lab/uses
    experiments experiments/bench experiments/book experiments/page)
# Where a step spends its time above autodiff: as fast as they can be, at the price of a second or two each to compile.
set(VAEGRAD_LOOPS lab/data/batches.cpp lab/run/training/optimiser.cpp models/coding/exact_network.cpp models/inference/priors/weighted_squares.cpp
    models/likelihoods/bernoulli.cpp)
function(vaegrad_compiled_as_one)  # SOURCE..: of a room or of the program
  foreach(source IN LISTS ARGN)
    cmake_path(GET source PARENT_PATH folder)
    cmake_path(RELATIVE_PATH folder BASE_DIRECTORY ${PROJECT_SOURCE_DIR})
    while(folder AND NOT folder IN_LIST VAEGRAD_COMPILED_AS_ONE)
      cmake_path(GET folder PARENT_PATH folder)
    endwhile()
    if(folder)
      string(MAKE_C_IDENTIFIER ${folder} folder)
      set_property(SOURCE ${source} PROPERTY UNITY_GROUP ${folder})
    endif()
  endforeach()
endfunction()
function(vaegrad_unity target)
  if(NOT DEFINED CMAKE_UNITY_BUILD)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON)
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD_MODE GROUP)
endfunction()

function(vaegrad_room room)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "USES;WITHOUT")
  if(NOT room IN_LIST VAEGRAD_ROOMS)
    return()
  endif()
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${room} ${VAEGRAD_INCLUDE}/vaegrad/${room} SYMBOLIC)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${room}/*.cpp)
  list(REMOVE_ITEM sources ${arg_WITHOUT} "")
  vaegrad_compiled_as_one(${sources})
  set(kernels ${sources})
  list(FILTER kernels INCLUDE REGEX "/autodiff/kernels/")
  set_property(SOURCE ${kernels} PROPERTY SKIP_UNITY_BUILD_INCLUSION ON)  # the same names for either number type
  set(loops ${VAEGRAD_LOOPS})
  list(FILTER loops INCLUDE REGEX "^${room}/")
  list(TRANSFORM loops PREPEND ${PROJECT_SOURCE_DIR}/)
  # A precompiled header of another -O crashes GCC 12.
  set_source_files_properties(${loops} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON SKIP_PRECOMPILE_HEADERS ON)
  set_property(SOURCE ${loops} APPEND PROPERTY COMPILE_OPTIONS $<$<CONFIG:Release>:-O3>)
  foreach(precision IN ITEMS "" _f64)
    set(target vaegrad_${room}${precision})
    if(sources)
      add_library(${target} ${sources})  # static, or shared with BUILD_SHARED_LIBS
      set_target_properties(${target} PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
      set(scope PUBLIC)
      target_compile_options(${target} PRIVATE ${VAEGRAD_WARNINGS} ${VAEGRAD_PIC})
      vaegrad_precompile(${target} PRIVATE ${VAEGRAD_PRECOMPILED_${room}})
      vaegrad_unity(${target})
    else()
      add_library(${target} INTERFACE)
      set(scope INTERFACE)
    endif()
    # Built where something links it, or by `all` where it is to be installed.
    if(NOT VAEGRAD_INSTALL OR (precision AND NOT VAEGRAD_INSTALL_DOUBLE))
      set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL ON)
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
    # Half the time to build. The fused loops, compiled in models, are written in lanes that are inlined in any case; what a
    # step was seen to lose by it (plain loops 3 times as slow, the likelihood that most train with 3 %, and at -Og Adam's sweep,
    # 40 % of a small step) is in VAEGRAD_LOOPS. In lab nothing else takes time while it runs: -Og is compiled a quarter faster than -O1, and faster than -O0.
    if(room STREQUAL models)
      target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
    elseif(room STREQUAL lab)
      target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-Og>)
    endif()
    if(room STREQUAL autodiff)
      target_compile_features(${target} PUBLIC cxx_std_20)
      target_compile_options(${target} PUBLIC -ffp-contract=off PRIVATE $<$<CONFIG:Release>:-O3>)
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
