# SPDX-License-Identifier: BSD-2-Clause
#
# BearSSL from Debian's source, compiled with the flags of whoever uses it: the kernel cannot use Debian's own library, which
# wants a thread pointer and hardening hooks. `signet path bearssl` finds the source in the cache, or fetches it.

execute_process(COMMAND "${CMAKE_CURRENT_LIST_DIR}/../signet" path bearssl
	OUTPUT_VARIABLE SIGNET_BEARSSL_DIR OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE signet_status)
if(NOT signet_status EQUAL 0)
	message(FATAL_ERROR "BearSSL's source is not there; the reason stands above. `tools/signet setup` fetches it.")
endif()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${SIGNET_BEARSSL_DIR}/inc/bearssl.h")
message(STATUS "BearSSL: ${SIGNET_BEARSSL_DIR}")

# What SHA-256 (br_sha256_init, _update, _out of bearssl_hash.h) is made of. It calls memcpy and memset.
set(SIGNET_BEARSSL_SHA256 src/hash/sha2small.c src/codec/dec32be.c src/codec/enc32be.c)
# What pages are sealed with: AES-GCM, and ChaCha20-Poly1305 where the CPU has no AES. Those of the second list use vector registers.
set(SIGNET_BEARSSL_AEAD src/aead/gcm.c src/symcipher/poly1305_ctmulq.c)
set(SIGNET_BEARSSL_AEAD_VECTOR src/hash/ghash_pclmul.c src/symcipher/aes_x86ni.c src/symcipher/aes_x86ni_ctr.c
	src/symcipher/chacha20_sse2.c)

# signet_bearssl(NAME SOURCES file... FLAGS flag...): a static library of these files of BearSSL, its headers on the path
# of whoever links it. Its warnings are not ours.
function(signet_bearssl name)
	cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;FLAGS")
	foreach(source IN LISTS arg_SOURCES)
		if(NOT EXISTS "${SIGNET_BEARSSL_DIR}/${source}")
			message(FATAL_ERROR "signet_bearssl(${name}): ${SIGNET_BEARSSL_DIR} has no ${source}")
		endif()
	endforeach()
	list(TRANSFORM arg_SOURCES PREPEND "${SIGNET_BEARSSL_DIR}/")
	add_library(${name} STATIC ${arg_SOURCES})
	target_compile_options(${name} PRIVATE ${arg_FLAGS} -w)
	target_include_directories(${name} SYSTEM PUBLIC "${SIGNET_BEARSSL_DIR}/inc" PRIVATE "${SIGNET_BEARSSL_DIR}/src")
endfunction()
