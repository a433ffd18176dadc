"""Turns a network's float ONNX into int8 QDQ ONNX, calibrated on generated pictures, or on CIFAR-10's.

    .venv-train/bin/python models/train/quantise.py float.onnx models/shapes/device/model.onnx \
        --pictures build/host/models/pictures/covey-pictures
    .venv-train/bin/python models/train/quantise.py models/cifar10/lenet/float.onnx models/cifar10/lenet/int8.onnx
"""
import argparse
import os
import tempfile

import onnx
from onnxruntime import quantization
from onnxruntime.quantization.shape_inference import quant_pre_process

import pictures
import sets


class Calibration(quantization.CalibrationDataReader):
    def __init__(self, images):
        self.batches = iter([{'input': pictures.normalise(images[i:i + 50])} for i in range(0, len(images), 50)])

    def get_next(self):
        return next(self.batches, None)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('float', help='float ONNX')
    parser.add_argument('int8', help='QDQ ONNX to write')
    sets.add_option(parser)
    parser.add_argument('--count', type=int, default=500, help='calibration pictures')
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        images, _ = sets.load(options, 'calibration', options.count)
        ready = os.path.join(folder, 'ready.onnx')
        quant_pre_process(options.float, ready)
        quantization.quantize_static(
            ready, options.int8, Calibration(images), quant_format=quantization.QuantFormat.QDQ,
            per_channel=True, weight_type=quantization.QuantType.QInt8, activation_type=quantization.QuantType.QInt8,
            calibrate_method=quantization.CalibrationMethod.MinMax,
            extra_options={'WeightSymmetric': True, 'ActivationSymmetric': False})
    onnx.checker.check_model(options.int8)
    print(f'{options.int8}: {os.path.getsize(options.int8)} bytes')


if __name__ == '__main__':
    main()
