# Included by cmake/Rooms.cmake after the targets of micro/ exist.

# The session needs the device's RPC client, and that needs nanopb (wire/room.cmake).
if(NOT TARGET covey_nanopb)
  get_target_property(kept covey_micro SOURCES)
  list(FILTER kept EXCLUDE REGEX "/session/session\\.cc$")
  set_target_properties(covey_micro PROPERTIES SOURCES "${kept}")
  list(FILTER tests EXCLUDE REGEX "/session/session_test\\.cc$")
endif()
