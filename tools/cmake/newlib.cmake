# SPDX-License-Identifier: BSD-2-Clause
#
# The C library of the ring-3 programs: target `newlib`, headers and static libraries. `signet path newlib` builds it from
# Debian's newlib-source package into a cache that all build folders share, or finds it there. It makes no system calls:
# whoever links it supplies read, write, close, fstat, isatty, lseek, sbrk, kill, getpid and _exit.

set(SIGNET_COMMAND "${CMAKE_CURRENT_LIST_DIR}/../signet")
execute_process(COMMAND "${SIGNET_COMMAND}" path newlib
	OUTPUT_VARIABLE SIGNET_NEWLIB_DIR OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE signet_status)
if(NOT signet_status EQUAL 0)
	message(FATAL_ERROR "newlib is not there; the reason stands above. `tools/signet setup` installs what building it needs.")
endif()
execute_process(COMMAND "${CMAKE_C_COMPILER}" -print-file-name=include
	OUTPUT_VARIABLE signet_compiler_include OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)

add_library(newlib INTERFACE)
target_compile_options(newlib INTERFACE -nostdinc
	"SHELL:-isystem ${SIGNET_NEWLIB_DIR}/include" "SHELL:-isystem ${signet_compiler_include}")
target_link_libraries(newlib INTERFACE "${SIGNET_NEWLIB_DIR}/lib/libm.a" "${SIGNET_NEWLIB_DIR}/lib/libc.a")

# If the cache is emptied, the next build configures again, which fills it.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${SIGNET_NEWLIB_DIR}/lib/libc.a")
message(STATUS "newlib: ${SIGNET_NEWLIB_DIR}")
