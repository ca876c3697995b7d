# Debian packages: cmake --preset package && cmake --build --preset package && cpack --config build/package/CPackConfig.cmake
# `vaegrad` is the program, `vaegrad-dev` headers and libraries. For x86-64-v3 (AVX2 and FMA: processors since 2013), which a
# lesser processor is told before anything is unpacked.
if(NOT VAEGRAD_ARCH STREQUAL x86-64-v3)
  return()
endif()
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME vaegrad)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "the vaegrad authors <vaegrad@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL program development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME vaegrad)
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "${PROJECT_DESCRIPTION}: the program, built for x86-64-v3")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_DEPENDS "gnuplot-nox, fonts-dejavu-core, dataset-fashion-mnist, ca-certificates")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/cmake/preinst)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME vaegrad-dev)
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "${PROJECT_DESCRIPTION}: headers and libraries, built for x86-64-v3")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    "libdnnl-dev, libxsimd-dev, librandom123-dev, libboost-dev, libboost-program-options-dev, libboost-iostreams-dev, \
libboost-filesystem-dev, libfmt-dev, nlohmann-json3-dev, libssl-dev, libcurl4-openssl-dev, libpng-dev, libjpeg-dev, libdeflate-dev, libstb-dev")
include(CPack)
