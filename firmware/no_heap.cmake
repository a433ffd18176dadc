# Fails if a program holds an allocator: the device floor has no heap.
execute_process(COMMAND ${NM} ${ELF} OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
if(symbols MATCHES "[ \t]((_?malloc(_r)?|_?sbrk(_r)?|_Znwj|_Znaj|_?free(_r)?))[\n\r]")
  file(REMOVE ${ELF})
  message(FATAL_ERROR "${ELF}: contains ${CMAKE_MATCH_1}, but firmware must not have a heap")
endif()
