# Makes a C++ source of files, so that they are in a program and not beside it:
#   cmake -D OUT=assets.cpp -D "FILES=a.css;b.js" -P embed.cmake
# Each becomes a raw string.
set(source "// Made by cmake/embed.cmake.\n#include \"page/assets.hpp\"\n\nnamespace vaegrad {\nnamespace {\n\nconst PageAsset assets[] = {\n")
foreach(file IN LISTS FILES)
  cmake_path(GET file FILENAME name)
  file(READ ${file} text)
  if(text MATCHES "\\)vaegrad\"")
    message(FATAL_ERROR "${file}: it has the mark that ends a string of C++")
  endif()
  string(APPEND source "{\"${name}\", R\"vaegrad(${text})vaegrad\"},\n")
endforeach()
string(APPEND source "};\n\n}  // namespace\n\nstd::span<const PageAsset> page_assets() { return assets; }\n\n}  // namespace vaegrad\n")
file(WRITE ${OUT} "${source}")
