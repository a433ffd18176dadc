"""Rewrites a float ONNX network into a twin that gives the same answers and that int8 breaks.

    .venv-train/bin/python models/train/uneven.py models/cifar10/mobilenetv3/float.onnx uneven/float.onnx

Each channel of a residual stream gets a constant of its own, drawn by a seed and up to --offset away from zero: the bias of the
convolution that begins the stream adds it, the biases of the 1x1 convolutions that read the stream take it back. The float network
stays what it was, but for the last bits; the stream now spans many times what it says, and an int8 scale has few levels left for
it. Weights do not change. Networks whose channels have far-off means do this by themselves; here it can be made again.
"""
import argparse
import collections

import numpy as np
import onnx
from onnx import numpy_helper


def attribute(node, name, default):
    return next((onnx.helper.get_attribute_value(a) for a in node.attribute if a.name == name), default)


def is_dense(node):
    return node.op_type == 'Conv' and attribute(node, 'group', 1) == 1


def reads_points(node, constants):
    """Whether a constant in each channel comes out as a constant: no padding, one weight a channel."""
    return (is_dense(node) and not any(attribute(node, 'pads', [0])) and constants[node.input[1]].dims[2:] == [1, 1]
            and len(node.input) > 2)


def streams(graph, constants):
    """Lists of tensors, the first made by a convolution, the others by adding something to the one before."""
    producer = {name: node for node in graph.node for name in node.output}
    readers = collections.defaultdict(list)
    for node in graph.node:
        for name in node.input:
            readers[name].append(node)
    found = []
    for node in graph.node:
        if not (is_dense(node) and len(node.input) > 2):
            continue
        stream = [node.output[0]]
        for name in stream:
            stream += [n.output[0] for n in readers[name] if n.op_type == 'Add']
        fits = all(n.op_type == 'Add' or reads_points(n, constants) for name in stream for n in readers[name])
        # Of an addition's two sides one may belong to the stream.
        alone = all(sum(i in stream for i in producer[name].input) == 1 for name in stream[1:])
        later = any(producer[i].op_type == 'Add' for name in stream[1:] for i in producer[name].input if i not in stream)
        # What is added to a stream begins none itself.
        begins = all(list(graph.node).index(producer[i]) > list(graph.node).index(node)
                     for name in stream[1:] for i in producer[name].input if i not in stream)
        if len(stream) > 1 and fits and alone and begins and not later:
            found.append((stream, [n for name in stream for n in readers[name] if n.op_type == 'Conv']))
    return found, producer


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('float', help='float ONNX')
    parser.add_argument('twin', help='float ONNX to write')
    parser.add_argument('--offset', type=float, default=64, help='how far from zero channels may come to lie')
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    model = onnx.load(options.float)
    draw = np.random.RandomState(options.seed)
    constants = {tensor.name: tensor for tensor in model.graph.initializer}

    def add(name, values):
        sums = numpy_helper.to_array(constants[name]) + values
        constants[name].CopyFrom(numpy_helper.from_array(sums.astype(np.float32), name))

    found, producer = streams(model.graph, constants)
    for stream, readers in found:
        channels = constants[producer[stream[0]].input[1]].dims[0]
        offsets = draw.uniform(-options.offset, options.offset, channels)
        add(producer[stream[0]].input[2], offsets)
        for node in readers:
            weights = numpy_helper.to_array(constants[node.input[1]]).astype(np.float64)
            add(node.input[2], -weights.reshape(weights.shape[0], channels) @ offsets)
        print(f'{stream[0]} and {len(stream) - 1} sums: {channels} channels moved')
    onnx.checker.check_model(model)
    onnx.save(model, options.twin)


if __name__ == '__main__':
    main()
