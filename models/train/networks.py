"""The two networks: a small one for the device's int8 engine, a full-size one for the agent.

Both take (N, 3, 32, 32) float, (byte - 128) / 63.75, and give ten logits.
"""
from torch import nn


def convolution(inputs, outputs, size=3, stride=1, groups=1):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs))


class Separable(nn.Module):
    """Depthwise, then pointwise; adds its input when the shape stays the same."""

    def __init__(self, inputs, outputs, stride=1):
        super().__init__()
        self.depth = nn.Sequential(convolution(inputs, inputs, 3, stride, inputs), nn.ReLU())
        self.point = convolution(inputs, outputs, 1)
        self.same = stride == 1 and inputs == outputs

    def forward(self, x):
        y = self.point(self.depth(x))
        return nn.functional.relu(x + y if self.same else y)


class Residual(nn.Module):
    def __init__(self, inputs, outputs, stride=1):
        super().__init__()
        self.first = nn.Sequential(convolution(inputs, outputs, 3, stride), nn.ReLU())
        self.second = convolution(outputs, outputs)
        same = stride == 1 and inputs == outputs
        self.short = nn.Identity() if same else convolution(inputs, outputs, 1, stride)

    def forward(self, x):
        return nn.functional.relu(self.short(x) + self.second(self.first(x)))


def head(channels):
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10))


def device():
    return nn.Sequential(
        convolution(3, 12, 3, 2), nn.ReLU(),
        Separable(12, 20), Separable(20, 40, 2), Separable(40, 40),
        Separable(40, 72, 2), Separable(72, 72), head(72))


def full():
    return nn.Sequential(
        convolution(3, 32), nn.ReLU(),
        Residual(32, 48, 2), Residual(48, 96, 2), Residual(96, 96), Residual(96, 160, 2),
        head(160))
