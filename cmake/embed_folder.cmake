# cmake -D FOLDER=folder -D FILES=a.html,b.js -D OUTPUT=file.cpp -P embed_folder.cmake
# Writes a source file that defines fairlead::dashboard::page_files() with the bytes of these files.
set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_svg "image/svg+xml")
set(delimiter "embedded_text")

file(WRITE ${OUTPUT} "#include \"proxy/dashboard/page_files.hpp\"\n\n#include <array>\n\n"
  "namespace fairlead::dashboard {\nnamespace {\n\nconstexpr auto all = std::to_array<page_file>({\n")
string(REPLACE "," ";" files ${FILES})
foreach(name ${files})
  file(READ ${FOLDER}/${name} text)
  string(FIND "${text}" ")${delimiter}\"" clash)
  if(NOT clash EQUAL -1)
    message(FATAL_ERROR "${name} holds the end of the raw string literal that would carry it")
  endif()
  cmake_path(GET name EXTENSION LAST_ONLY extension)
  string(SUBSTRING ${extension} 1 -1 extension)
  if(name STREQUAL "index.html")
    set(path "/")
  else()
    set(path "/dashboard/${name}")
  endif()
  file(APPEND ${OUTPUT} "    {\"${path}\", \"${type_${extension}}\",\n     R\"${delimiter}(${text})${delimiter}\"},\n")
endforeach()
file(APPEND ${OUTPUT} "});\n\n} // namespace\n\n"
  "std::span<const page_file> page_files() { return all; }\n\n} // namespace fairlead::dashboard\n")
