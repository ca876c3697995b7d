# Everything here is a Debian 12 package; nothing is vendored or downloaded. This file is also what an
# installed vaegrad uses to find them again (cmake/vaegradConfig.cmake).
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(Boost 1.74 REQUIRED COMPONENTS program_options iostreams filesystem)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(CURL REQUIRED)
find_package(PNG REQUIRED)
find_package(JPEG REQUIRED)

# The packages below are looked up by file: oneDNN's own config also wants OpenCL, which we do not use.
find_path(VAEGRAD_XSIMD_INCLUDE xsimd/xsimd.hpp REQUIRED)
find_path(VAEGRAD_RANDOM123_INCLUDE Random123/philox.h REQUIRED)
find_path(VAEGRAD_ONEDNN_INCLUDE oneapi/dnnl/dnnl.h REQUIRED)
find_library(VAEGRAD_ONEDNN_LIBRARY dnnl REQUIRED)
find_path(VAEGRAD_STB_INCLUDE stb/stb_image_resize.h REQUIRED)
find_path(VAEGRAD_GNUPLOT_INCLUDE gnuplot-iostream.h)
mark_as_advanced(VAEGRAD_XSIMD_INCLUDE VAEGRAD_RANDOM123_INCLUDE VAEGRAD_ONEDNN_INCLUDE
                 VAEGRAD_ONEDNN_LIBRARY VAEGRAD_STB_INCLUDE VAEGRAD_GNUPLOT_INCLUDE)

function(vaegrad_interface name)
  if(NOT TARGET ${name})
    add_library(${name} INTERFACE IMPORTED GLOBAL)
    target_include_directories(${name} SYSTEM INTERFACE ${ARGN})
  endif()
endfunction()
vaegrad_interface(Random123::Random123 ${VAEGRAD_RANDOM123_INCLUDE})
vaegrad_interface(vaegrad::stb ${VAEGRAD_STB_INCLUDE})
vaegrad_interface(vaegrad::xsimd ${VAEGRAD_XSIMD_INCLUDE})
vaegrad_interface(vaegrad::products ${VAEGRAD_ONEDNN_INCLUDE})
set_property(TARGET vaegrad::products PROPERTY INTERFACE_LINK_LIBRARIES ${VAEGRAD_ONEDNN_LIBRARY})
