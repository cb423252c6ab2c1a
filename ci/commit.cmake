# SPDX-License-Identifier: GPL-2.0-only
# Writes OUT with the commit of the checkout DIR, unless it says so already.
execute_process(COMMAND git -C ${DIR} describe --always --dirty --abbrev=12 --exclude=*
	OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed OR commit STREQUAL "")
	set(commit unknown)
endif()
set(text "#define TDPFUZZ_COMMIT \"${commit}\"\n")
set(old "")
if(EXISTS ${OUT})
	file(READ ${OUT} old)
endif()
if(NOT old STREQUAL text)
	file(WRITE ${OUT} "${text}")
endif()
