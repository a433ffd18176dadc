"""Generated pictures as arrays, and what the networks take of any picture."""
import os
import subprocess
import tempfile

import numpy

RECORD = 3073
SETS = {'train': 1001, 'calibration': 2002, 'selection': 3003, 'report': 6006, 'test': 5005}


def draw(program, seed, count):
    """(N, 3, 32, 32) uint8 pictures and (N,) int64 labels, drawn by the covey-pictures program."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'records')
        subprocess.run([program, '--seed', str(seed), '--count', str(count), '--output', path], check=True)
        records = numpy.fromfile(path, numpy.uint8).reshape(count, RECORD)
    return records[:, 1:].reshape(count, 3, 32, 32).copy(), records[:, 0].astype(numpy.int64)


def normalise(images):
    return (images.astype(numpy.float32) / 255 - numpy.float32(128 / 255)) / numpy.float32(0.25)
