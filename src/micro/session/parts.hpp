// What main() hands to a device session: everything that touches the board. C++ side of
// covey_session_open.
#pragma once

#include <span>

#include "core/clock.hpp"
#include "core/diag.hpp"
#include "core/link.hpp"
#include "core/profile.hpp"
#include "micro/forms/picture_forms.hpp"
#include "micro/run/engine.hpp"

struct covey_parts {
  covey::Clock* clock = nullptr;           // needed
  covey::micro::Engine* engine = nullptr;  // may be null: no local place
  // More of the same model, for "auto": approximate ones (micro/run/variants.hpp), at most three.
  std::span<covey::micro::Engine* const> variants = {};
  covey::Link* link = nullptr;  // may be null: no agents
  covey::Diag* diag = nullptr;  // may be null
  uint64_t default_deadline_ns = 5'000'000'000;
  // What is known of the places, for "auto"; may be null: then it is learned from the first calls,
  // and the agent is taken to be a little more accurate. They must outlive the session.
  const covey::Profile* local = nullptr;
  const covey::Profile* agent = nullptr;
  std::span<const covey::Profile> variant_profiles = {};  // one each, in their order, or none
  const covey::Profile* cascade = nullptr;                // both together; needs `calibration`
  const covey::Calibration* calibration = nullptr;        // of the local network's confidence
  covey::LinkProfile agent_link = {};
  covey::micro::PictureForms* forms = nullptr;  // may be null: pictures are sent as they are
};
