"""Trains one network on generated pictures, or on CIFAR-10's, and writes it as float ONNX.

    .venv-train/bin/python models/train/train.py device --output build/device-float.onnx \
        --pictures build/host/models/pictures/covey-pictures
    .venv-train/bin/python models/train/train.py lenet --output build/lenet.onnx

models/README.md has the commands that made the shipped networks and what they measured.
"""
import argparse
import copy
import time

import torch
from torch import nn

import networks
import sets

NETWORKS = ('device', 'full', 'lenet', 'alexnet', 'mobilenetv3')


def normalise(images):
    """Half a byte off pictures.normalise, which came after the first training to spare int8 the ties (README.md)."""
    return (images.float() / 255 - 0.5) / 0.25


def shift(images, reach=4):
    """Mirrors each image or not and moves it by up to `reach` pixels, black coming in: what CIFAR-10's classes bear."""
    count, channels, height, width = images.shape
    flip = torch.rand(count) < 0.5
    images = torch.where(flip[:, None, None, None], images.flip(3), images)
    wide = nn.functional.pad(images, (reach,) * 4)
    rows = torch.randint(2 * reach + 1, (count, 1)) + torch.arange(height)
    columns = torch.randint(2 * reach + 1, (count, 1)) + torch.arange(width)
    return wide[torch.arange(count)[:, None, None, None], torch.arange(channels)[:, None, None],
                rows[:, None, :, None], columns[:, None, None, :]]


def turn(images):
    """One of the eight turns and mirrorings for the whole batch: no shape changes its name."""
    images = torch.rot90(images, int(torch.randint(4, ())), (2, 3))
    return images.flip(3) if torch.rand(()) < 0.5 else images


def accuracy(network, images, labels):
    network.eval()
    with torch.no_grad():
        hits = [(network(normalise(x)).argmax(1) == y).sum() for x, y in zip(images.split(500), labels.split(500))]
    return float(sum(hits)) / len(labels)


def train(network, images, labels, selection, options):
    augment = turn if options.pictures else shift
    optimiser = torch.optim.AdamW(network.parameters(), options.rate, weight_decay=0.02)
    batches = len(labels) // options.batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, options.rate, total_steps=batches * options.epochs, pct_start=0.2)
    loss = nn.CrossEntropyLoss(label_smoothing=0.05)
    start = time.monotonic()
    for epoch in range(options.epochs):
        network.train()
        total = 0.0
        for batch in torch.randperm(len(labels))[:batches * options.batch].view(batches, -1):
            optimiser.zero_grad(set_to_none=True)
            x = normalise(augment(images[batch])).contiguous(memory_format=torch.channels_last)
            with torch.autocast('cpu', torch.bfloat16, enabled=not options.float32):
                logits = network(x)
            value = loss(logits.float(), labels[batch])
            value.backward()
            optimiser.step()
            schedule.step()
            total += float(value)
        print(f'epoch {epoch + 1}: loss {total / batches:.4f}, selection top-1 {accuracy(network, *selection):.4f}, '
              f'{time.monotonic() - start:.0f} s, {time.process_time():.0f} s of processor', flush=True)
        export(network, options.output)  # Each epoch's, so that there is something to look at.


def export(network, path):
    network = copy.deepcopy(network).eval().to(memory_format=torch.contiguous_format)
    torch.onnx.export(network, torch.zeros(1, 3, 32, 32), path, opset_version=14, input_names=['input'],
                      output_names=['logits'], dynamic_axes={'input': {0: 'batch'}, 'logits': {0: 'batch'}})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('network', choices=NETWORKS)
    sets.add_option(parser)
    parser.add_argument('--output', required=True, help='float ONNX file to write')
    parser.add_argument('--count', type=int, default=40000, help='training pictures (CIFAR-10 has 44500)')
    parser.add_argument('--epochs', type=int, default=8)
    parser.add_argument('--batch', type=int, default=100)
    parser.add_argument('--rate', type=float, default=0.004)
    parser.add_argument('--seed', type=int, default=1, help='of weights and order')
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--float32', action='store_true',
                        help='not bfloat16, which halves the time of plain convolutions and doubles that of depthwise ones')
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    images, labels = (torch.from_numpy(array) for array in sets.load(options, 'train', options.count))
    selection = tuple(torch.from_numpy(array) for array in sets.load(options, 'selection', 2000))
    network = getattr(networks, options.network)().to(memory_format=torch.channels_last)
    print(f'{options.network}: {sum(p.numel() for p in network.parameters())} parameters, torch {torch.__version__}', flush=True)
    train(network, images, labels, selection, options)


if __name__ == '__main__':
    main()
