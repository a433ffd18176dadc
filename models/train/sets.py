"""The sets of pictures by name, of either data: train, calibration, selection, report (and, drawn, test)."""
import cifar10
import pictures


def add_option(parser):
    parser.add_argument('--pictures', help='the covey-pictures program; without it, CIFAR-10 from $COVEY_DATA')


def load(options, name, count=None):
    """(N, 3, 32, 32) uint8 pictures and (N,) int64 labels."""
    if options.pictures:
        return pictures.draw(options.pictures, pictures.SETS[name], count)
    return cifar10.load(name, count)
