// Weights as code: a convolution's products with their weights as literals, one piece of straight
// Thumb code for each pair of output channels, products by zero left out.
//
//   source += UnpackedMacros() + UnpackedPieces(image.ViewOp(3, nullptr), "kPieces3");
//
// The method is that of "Accelerating TinyML Inference on Microcontrollers through Approximate
// Kernels" (arXiv 2409.16815, 2024), on this engine's blocks of two outputs by four pixels: a step
// takes two loads of activations, and for each output a literal and four SMLAD. 12 bytes of code a
// weight. kernels/dsp/unpacked_loop.hpp states what a piece may use.
#pragma once

#include <string>

#include "core/op_view.hpp"

namespace covey::compiler {

// Whether generated code for Cortex-M unpacks the op: it says so, and its loop has its scratch.
bool Unpacks(const OpView& op);

std::string UnpackedMacros();
// Defines the pieces and the array `name` of their addresses, as OpView::pack.
std::string UnpackedPieces(const OpView& op, const std::string& name);

}  // namespace covey::compiler
