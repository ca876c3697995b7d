include(CMakePackageConfigHelpers)
get_property(targets GLOBAL PROPERTY VAEGRAD_ROOM_TARGETS)
install(TARGETS ${targets} EXPORT vaegrad ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
foreach(room IN ITEMS autodiff models lab)
  install(DIRECTORY ${room}/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/vaegrad/${room}
          FILES_MATCHING PATTERN *.hpp)
endforeach()
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/vaegrad)
install(EXPORT vaegrad NAMESPACE vaegrad:: FILE vaegradTargets.cmake DESTINATION ${package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/vaegradConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES cmake/vaegradConfig.cmake cmake/dependencies.cmake
              ${PROJECT_BINARY_DIR}/vaegradConfigVersion.cmake DESTINATION ${package})
