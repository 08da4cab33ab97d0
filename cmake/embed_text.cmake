# cmake -D INPUT=file -D OUTPUT=file.cpp -D HEADER=its/header.hpp -D NAMESPACE=a::b -D NAME=variable -P embed_text.cmake
# Writes a source file that defines `const std::string_view NAME` with the bytes of INPUT.
file(READ ${INPUT} text)
set(delimiter "embedded_text")
string(FIND "${text}" ")${delimiter}\"" clash)
if(NOT clash EQUAL -1)
  message(FATAL_ERROR "${INPUT} holds the end of the raw string literal that would carry it")
endif()
file(WRITE ${OUTPUT} "#include \"${HEADER}\"\n\nnamespace ${NAMESPACE} {\n\nconst std::string_view ${NAME} =\n"
  "    R\"${delimiter}(${text})${delimiter}\";\n\n} // namespace ${NAMESPACE}\n")
