# SPDX-License-Identifier: BSD-2-Clause
# The C of contracts. Who includes "contracts/NAME.h" has the folder above it on its path.

file(GLOB_RECURSE signet_contract_tools CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tools/signetkit/*.py)
list(APPEND signet_contract_tools ${CMAKE_SOURCE_DIR}/tools/make_contract.py ${CMAKE_SOURCE_DIR}/kernel/abi/status.h)
file(GLOB signet_contracts CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/libsys/contracts/*.contract)

# Functions see the variables of the folder that they are called in.
set(signet_contract_tools ${signet_contract_tools} CACHE INTERNAL "What the C of every contract depends on")
set(signet_contracts ${signet_contracts} CACHE INTERNAL "The kit's contracts")

# signet_make_contracts(TARGET FOLDER contract...): a target that makes the C of these contracts in FOLDER/contracts/.
# TARGET_sources: its .c files.
function(signet_make_contracts target folder)
	set(sources)
	set(headers)
	set(search)
	foreach(contract IN LISTS ARGN)
		get_filename_component(place ${contract} DIRECTORY)
		list(APPEND search -I${place})
	endforeach()
	list(REMOVE_DUPLICATES search)
	foreach(contract IN LISTS ARGN)
		get_filename_component(name ${contract} NAME_WE)
		set(made ${folder}/contracts/${name})
		list(APPEND headers ${made}.h ${made}_server.h)
		list(APPEND sources ${made}_client.c ${made}_server.c)
		add_custom_command(OUTPUT ${made}.h ${made}_client.c ${made}_server.h ${made}_server.c
			COMMAND ${SIGNET_PYTHON} ${CMAKE_SOURCE_DIR}/tools/make_contract.py ${contract} ${search} -o ${folder}/contracts
			DEPENDS ${ARGN} ${signet_contracts} ${signet_contract_tools}
			COMMENT "Making the C of contract ${name}" VERBATIM)
	endforeach()
	add_custom_target(${target} DEPENDS ${headers} ${sources})
	set(${target}_sources ${sources} PARENT_SCOPE)
endfunction()

# signet_contracts(TARGET FOLDER contract...): the same, and a static library of both sides of each, of which a program
# takes what it uses. The headers' folder goes with the library.
function(signet_contracts target folder)
	signet_make_contracts(${target}_made ${folder} ${ARGN})
	add_library(${target} STATIC ${${target}_made_sources})
	add_dependencies(${target} ${target}_made)
	set_target_properties(${target} PROPERTIES C_STANDARD 23)
	target_include_directories(${target} PUBLIC ${folder})
	target_compile_options(${target} PRIVATE ${SIGNET_PROGRAM_FLAGS} ${SIGNET_WARNINGS}
		-ffile-prefix-map=${CMAKE_BINARY_DIR}/=build/ $<TARGET_PROPERTY:newlib,INTERFACE_COMPILE_OPTIONS>)
endfunction()

signet_contracts(contracts ${CMAKE_BINARY_DIR} ${signet_contracts})

# signet_program_contracts(PROGRAM NAME FOLDER): channels.h, and the contracts of a program of one's own: those in
# FOLDER/contracts/ and FOLDER/../contracts/ come before the kit's of the same name.
function(signet_program_contracts program name folder)
	set(made ${CMAKE_BINARY_DIR}/programs/${name})
	set(manifest ${folder}/manifest.toml)
	file(GLOB near CONFIGURE_DEPENDS ${folder}/contracts/*.contract)
	file(GLOB above CONFIGURE_DEPENDS ${folder}/../contracts/*.contract)
	set(own ${near})
	foreach(contract IN LISTS above)
		get_filename_component(file ${contract} NAME)
		if(NOT EXISTS ${folder}/contracts/${file})
			list(APPEND own ${contract})
		endif()
	endforeach()
	add_custom_command(OUTPUT ${made}/channels.h
		COMMAND ${SIGNET_PYTHON} ${CMAKE_SOURCE_DIR}/tools/make_channels.py ${manifest} -o ${made}/channels.h
		DEPENDS ${manifest} ${own} ${signet_contracts} ${signet_contract_tools} ${CMAKE_SOURCE_DIR}/tools/make_channels.py
		COMMENT "Making channels.h of ${name}" VERBATIM)
	add_custom_target(${program}_channels DEPENDS ${made}/channels.h)
	add_dependencies(${program} ${program}_channels contracts_made)
	target_include_directories(${program} PRIVATE ${made})
	if(own)
		signet_contracts(${program}_contracts ${made} ${own})
		target_include_directories(${program}_contracts PUBLIC ${CMAKE_BINARY_DIR})
		add_dependencies(${program}_contracts contracts_made)
		add_dependencies(${program} ${program}_contracts_made)
		target_link_libraries(${program} PRIVATE ${program}_contracts)
	endif()
endfunction()
