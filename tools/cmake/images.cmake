# SPDX-License-Identifier: BSD-2-Clause
# The system image and the bootable ISO of one system. Programs that the description names and the kit does not have are
# built from the folders of their manifests.

set(SIGNET_SYSTEM ${CMAKE_SOURCE_DIR}/servers/system.toml CACHE FILEPATH "The description of the system to make")
set(make_system ${CMAKE_SOURCE_DIR}/tools/make_system.py)
execute_process(COMMAND ${SIGNET_PYTHON} ${make_system} --programs --system ${SIGNET_SYSTEM}
	OUTPUT_VARIABLE programs RESULT_VARIABLE failed OUTPUT_STRIP_TRAILING_WHITESPACE)
if(failed)
	message(FATAL_ERROR "${SIGNET_SYSTEM}: no system can be made of this")
endif()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${SIGNET_SYSTEM})
string(REPLACE "\n" ";" programs "${programs}")
set(system_images)
while(programs)
	list(POP_FRONT programs name folder)
	if(NOT TARGET program_${name})
		signet_program(${name} FOLDER ${folder})
		set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${folder}/manifest.toml)
	endif()
	list(APPEND system_images ${CMAKE_BINARY_DIR}/images/${name}.img image_${name})
endwhile()

file(GLOB_RECURSE signet_image_tools ${CMAKE_SOURCE_DIR}/tools/signetkit/*.py)
set(system_image ${CMAKE_BINARY_DIR}/system.img)
add_custom_command(OUTPUT ${system_image}
	COMMAND ${SIGNET_PYTHON} ${make_system} -q --system ${SIGNET_SYSTEM}
		--images ${CMAKE_BINARY_DIR}/images -o ${system_image} --depfile ${system_image}.d
	DEPENDS ${system_images} ${signet_image_tools} ${make_system} ${CMAKE_SOURCE_DIR}/servers/supervisor/description.h
	DEPFILE ${system_image}.d
	COMMENT "Making system.img" VERBATIM)

set(iso ${CMAKE_BINARY_DIR}/signet.iso)
add_custom_command(OUTPUT ${iso}
	COMMAND ${SIGNET_PYTHON} ${CMAKE_SOURCE_DIR}/tools/make_iso.py --kernel $<TARGET_FILE:signet> --image ${system_image} -o ${iso}
	DEPENDS signet ${system_image} ${CMAKE_SOURCE_DIR}/tools/make_iso.py
	COMMENT "Making signet.iso" VERBATIM)
add_custom_target(system ALL DEPENDS ${system_image} ${iso})
