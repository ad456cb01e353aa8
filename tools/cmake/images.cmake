# SPDX-License-Identifier: BSD-2-Clause
# The system image and the bootable ISO.

get_property(signet_images GLOBAL PROPERTY SIGNET_IMAGES)
file(GLOB signet_image_tools ${CMAKE_SOURCE_DIR}/tools/signetkit/*.py)
set(system_image ${CMAKE_BINARY_DIR}/system.img)
add_custom_command(OUTPUT ${system_image}
	COMMAND ${SIGNET_PYTHON} ${CMAKE_SOURCE_DIR}/tools/make_system.py -q --system ${CMAKE_SOURCE_DIR}/servers/system.toml
		--images ${CMAKE_BINARY_DIR}/images -o ${system_image} --depfile ${system_image}.d
	DEPENDS ${signet_images} ${signet_image_tools} ${CMAKE_SOURCE_DIR}/tools/make_system.py
		${CMAKE_SOURCE_DIR}/servers/supervisor/description.h
	DEPFILE ${system_image}.d
	COMMENT "Making system.img" VERBATIM)

set(iso ${CMAKE_BINARY_DIR}/signet.iso)
add_custom_command(OUTPUT ${iso}
	COMMAND ${SIGNET_PYTHON} ${CMAKE_SOURCE_DIR}/tools/make_iso.py --kernel $<TARGET_FILE:signet> --image ${system_image} -o ${iso}
	DEPENDS signet ${system_image} ${CMAKE_SOURCE_DIR}/tools/make_iso.py
	COMMENT "Making signet.iso" VERBATIM)
add_custom_target(system ALL DEPENDS ${system_image} ${iso})
