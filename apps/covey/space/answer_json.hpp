// What `covey plan` says: an Answer as JSON (docs/guide/composition.md lists the keys) and as text.
#pragma once

#include <string>

#include "apps/covey/io/json.hpp"
#include "plan/place/answer.hpp"

namespace covey::app {

Json ToJson(const plan::Space& space, const plan::Answer& answer, bool explain);
std::string AnswerText(const plan::Space& space, const plan::Answer& answer, bool explain);

}  // namespace covey::app
