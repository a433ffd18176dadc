// What a build's networks may hold. An interpreter must be ready for every network, so all of these
// are true; generated code says "false" to what its one network has not (compiler/cpp/facts.hpp),
// and the compiler drops the loops for it.
//
//   if (kSome5x5 && window == 5) ...
//
// One is the other way round: only generated code can have kSomeUnpacked.
//
// Exact: a fact may be true where it need not be, never false where it is needed.
#pragma once

namespace covey::kernels {

// Convolutions that take the reference loop for want of scratch; on every target.
inline constexpr bool kSomeReference = true;
// Of those, some whose weights stand in skip lists alone.
inline constexpr bool kSomeListed = true;
// Weights of int4; on every target.
inline constexpr bool kSomeNarrow = true;

// Of the loops in dsp/.
inline constexpr bool kSomeWinograd = true;
inline constexpr bool kSomeU = true;             // all of it
inline constexpr bool kSomeSkipWinograd = true;  // skip lists of it
inline constexpr bool kSomeByPosition = true;    // position by position
inline constexpr bool kSomeDirect = true;        // conv2d without Winograd
inline constexpr bool kSomePlain = true;         // all its weights
inline constexpr bool kSomeSkips = true;         // skip lists
inline constexpr bool kSomeUnpacked = false;     // weights in code: generated code only
inline constexpr bool kSomeRing = true;          // depthwise windows that have no planes
inline constexpr bool kSome3x3 = true;           // those that have
inline constexpr bool kSome5x5 = true;
inline constexpr bool kSome7x7 = true;
inline constexpr bool kSomePairs = true;  // fully connected, weights in pairs
inline constexpr bool kSomeSlow = true;   // scales or ranges that the epilogue does not take

// Of those in mve/, beside kSomePlain.
inline constexpr bool kSomeChunks = true;  // lists of chunks

}  // namespace covey::kernels
