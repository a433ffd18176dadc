"""The JPEG images of CIFAR-10 in $COVEY_DATA (default ../shared/data) as arrays.

The selection and calibration sets are cut from train.tar, by number within each class, and never trained on. test.tar is
the report set: only measure.py reads it, for the final figure.
"""
import io
import os
import tarfile

import numpy
from PIL import Image

CLASSES = ('airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck')
SETS = {  # archive, first and last number in each class, of every class in turn
    'train': ('train', 0, 4450), 'calibration': ('train', 4450, 4500), 'selection': ('train', 4500, 5000),
    'report': ('test', 0, 500)}


def load(name, count=None):
    """(N, 3, 32, 32) uint8 images and (N,) int64 labels; each run of ten holds every class once."""
    archive, first, end = SETS[name]
    images = numpy.empty((end - first, len(CLASSES), 32, 32, 3), numpy.uint8)
    missing = images.shape[0] * images.shape[1]
    path = os.path.join(os.environ.get('COVEY_DATA', '../shared/data'), 'cifar10', archive + '.tar')
    with tarfile.open(path) as tar:
        for member in tar:
            _, label, file = member.name.split('/')
            number = int(file.split('.')[0])
            if not first <= number < end:
                continue
            with Image.open(io.BytesIO(tar.extractfile(member).read())) as image:
                images[number - first, CLASSES.index(label)] = numpy.asarray(image.convert('RGB'))
            missing -= 1
    if missing:
        raise SystemExit(f'{path}: {missing} images of set {name} are missing')
    labels = numpy.tile(numpy.arange(len(CLASSES)), end - first)
    return images.reshape(-1, 32, 32, 3).transpose(0, 3, 1, 2).copy()[:count], labels[:count]
