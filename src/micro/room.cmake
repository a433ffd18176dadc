# Included by cmake/Rooms.cmake after the targets of micro/ exist.

# The session needs the device's RPC client, and that needs nanopb (wire/room.cmake).
if(NOT TARGET covey_nanopb)
  get_target_property(kept covey_micro SOURCES)
  list(FILTER kept EXCLUDE REGEX "/session/(session|places|hedge/hedge)\\.cc$")
  set_target_properties(covey_micro PROPERTIES SOURCES "${kept}")
  list(FILTER tests EXCLUDE REGEX "/session/session_.*test\\.cc$")
endif()

if(COVEY_BOARD)  # Not the engine: its loops live in kernels/. Small beats fast (tests/budgets.csv).
  file(GLOB_RECURSE session CONFIGURE_DEPENDS ${dir}/session/*.cc ${dir}/route/*.cc ${dir}/jpeg/*.cc
    ${dir}/forms/*.cc)
  set_source_files_properties(${session} PROPERTIES COMPILE_OPTIONS -Os)
  # What is done for each pixel.
  set_source_files_properties(${dir}/jpeg/strip.cc ${dir}/jpeg/cosines.cc ${dir}/jpeg/coefficients.cc
    PROPERTIES COMPILE_OPTIONS -O2)
  # Deciding has a budget in instructions (docs/guide/routing.md).
  set_source_files_properties(${dir}/route/router.cc PROPERTIES COMPILE_OPTIONS "-O2;--param=max-inline-insns-auto=24")
  set_source_files_properties(${dir}/route/explore.cc ${dir}/route/hedge.cc
    PROPERTIES COMPILE_OPTIONS -O2)
endif()
