"""Measures an ONNX network on one of the generated sets, or CIFAR-10's, with ONNX Runtime: top-1 and its 95 % interval.

    .venv-train/bin/python models/train/measure.py models/shapes/full/model.onnx --pictures build/host/models/pictures/covey-pictures
    .venv-train/bin/python models/train/measure.py models/cifar10/lenet/int8.onnx --set selection
"""
import argparse
import math

import numpy
import onnxruntime

import pictures
import sets


def wilson(hits, count, z=1.96):
    """The score interval of a proportion."""
    share = hits / count
    middle = share + z * z / (2 * count)
    reach = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return (middle - reach) / (1 + z * z / count), (middle + reach) / (1 + z * z / count)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('model')
    sets.add_option(parser)
    parser.add_argument('--set', choices=pictures.SETS, default='report')
    parser.add_argument('--count', type=int, default=5000)
    parser.add_argument('--top1', help='write the answers here, one digit a picture')
    options = parser.parse_args()
    images, labels = sets.load(options, options.set, options.count)
    session = onnxruntime.InferenceSession(options.model, providers=['CPUExecutionProvider'])
    name, batch = session.get_inputs()[0].name, 100
    logits = numpy.concatenate([session.run(None, {name: pictures.normalise(images[i:i + batch])})[0]
                                for i in range(0, len(images), batch)])
    if options.top1:
        with open(options.top1, 'w') as file:
            file.write(''.join(str(answer) for answer in logits.argmax(1)) + '\n')
    hits = int((logits.argmax(1) == labels).sum())
    low, high = wilson(hits, len(labels))
    print(f'{options.model}: {options.set} top-1 {hits}/{len(labels)} = {hits / len(labels):.4f} '
          f'(95 % interval {low:.4f} to {high:.4f}), ONNX Runtime {onnxruntime.__version__}')


if __name__ == '__main__':
    main()
