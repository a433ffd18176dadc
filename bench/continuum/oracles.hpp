// Oracles know what no router can: each place's time for each request (Foreseeing), how those times
// are distributed (Informed), or even which answer is right (Clairvoyant). What the router scores
// below the first splits at the second: above it is chance that nothing decided beforehand can
// avoid, below it is what the router could do better.
#pragma once

#include "bench/continuum/tape.hpp"

namespace covey::bench {

// `tapes` and `fixed`: of each place alone, asked the same requests.
Row Foreseeing(const Sla& sla, const std::vector<Sla>& slas, const std::vector<Tape>& tapes,
               const std::vector<Row>& fixed);
// The best place, or the best wait for a place and the board behind it, kept for all requests; both
// fitted in hindsight. Requests meet independent jitter and loss, so that an earlier one says
// nothing of the next and nothing that changes its mind can do better on the mean.
Row Informed(const Sla& sla, const std::vector<Sla>& slas, const std::vector<Tape>& tapes,
             const std::vector<Row>& fixed, const World& world);
// As Informed, but the board begins while the agent is still waited for, and the first answer counts:
// what hedging could bring where computing does not disturb listening, as on a host.
Row Hedging(const Sla& sla, const std::vector<Sla>& slas, const std::vector<Tape>& tapes,
            const std::vector<Row>& fixed, const World& world);
Row Clairvoyant(const std::vector<Sla>& slas, const std::vector<Tape>& tapes);

}  // namespace covey::bench
