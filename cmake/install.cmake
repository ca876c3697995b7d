# cmake --install: the libraries in float (in double too with VAEGRAD_INSTALL_DOUBLE), the headers, the package for
# find_package, .pc files for pkg-config; the program with its configurations where it is built.
include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/vaegrad)

get_property(targets GLOBAL PROPERTY VAEGRAD_ROOM_TARGETS)
foreach(target IN LISTS targets)
  string(REPLACE vaegrad_ "" name ${target})
  if(name MATCHES _f64 AND NOT VAEGRAD_INSTALL_DOUBLE)
    continue()
  endif()
  install(TARGETS ${target} EXPORT ${target} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development
          LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
  install(EXPORT ${target} NAMESPACE vaegrad:: FILE ${name}.cmake DESTINATION ${package} COMPONENT development)
endforeach()
foreach(room IN LISTS VAEGRAD_ROOMS)
  install(DIRECTORY ${room}/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/vaegrad/${room} COMPONENT development
          FILES_MATCHING PATTERN *.hpp)
endforeach()
write_basic_package_version_file(${PROJECT_BINARY_DIR}/vaegradConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES cmake/vaegradConfig.cmake cmake/dependencies.cmake ${PROJECT_BINARY_DIR}/vaegradConfigVersion.cmake
        DESTINATION ${package} COMPONENT development)

# In terms of the file's own place, so that a prefix can be moved.
file(RELATIVE_PATH up /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" up "${up}")
foreach(room IN LISTS VAEGRAD_ROOMS)
  set(flags)
  if(room STREQUAL autodiff)
    set(requires)
    set(flags "-ffp-contract=off -fopenmp")
    if(VAEGRAD_ARCH)
      string(APPEND flags " -march=${VAEGRAD_ARCH}")
    endif()
    set(libraries "-ldnnl -fopenmp")
  elseif(room STREQUAL models)
    set(requires "vaegrad-autodiff = ${PROJECT_VERSION}")
    set(libraries)
  else()
    set(requires "vaegrad-models = ${PROJECT_VERSION}, libcurl, libcrypto, fmt, libpng, libjpeg")
    set(libraries "-lboost_program_options -lboost_iostreams -lboost_filesystem")
  endif()
  configure_file(cmake/vaegrad.pc.in ${PROJECT_BINARY_DIR}/vaegrad-${room}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/vaegrad-${room}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
endforeach()

install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT development)
if(TARGET vaegrad)
  set_target_properties(vaegrad PROPERTIES INSTALL_RPATH "\$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")  # of shared libraries
  install(TARGETS vaegrad RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
  install(DIRECTORY experiments/configs DESTINATION ${CMAKE_INSTALL_DATADIR}/vaegrad COMPONENT program)
  install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
  include(cmake/packages.cmake)
endif()
