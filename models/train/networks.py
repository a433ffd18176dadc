"""The networks. On generated pictures: a small one for the device's int8 engine, a full-size one for the agent. On CIFAR-10:
LeNet-style, AlexNet-style (three and five plain convolutions) and MobileNetV3-small-style.

All take (N, 3, 32, 32) float, (byte - 128) / 63.75, and give ten logits.
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


def lenet():
    """Three valid 3x3 convolutions and two dense layers: 4.55 M multiplications."""
    def stage(inputs, outputs):
        return nn.Sequential(nn.Conv2d(inputs, outputs, 3, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())
    return nn.Sequential(
        stage(3, 32), nn.MaxPool2d(2), stage(32, 64), nn.MaxPool2d(2), stage(64, 64),
        nn.Flatten(), nn.Dropout(0.2), nn.Linear(1024, 64), nn.ReLU(), nn.Linear(64, 10))


def alexnet():
    """Five 3x3 convolutions, three pools and two dense layers: 16.6 M multiplications."""
    def stage(inputs, outputs):
        return nn.Sequential(convolution(inputs, outputs), nn.ReLU())
    return nn.Sequential(
        stage(3, 32), nn.MaxPool2d(2), stage(32, 64), nn.MaxPool2d(2),
        stage(64, 96), stage(96, 80), stage(80, 64), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(0.3), nn.Linear(1024, 64), nn.ReLU(), nn.Linear(64, 10))


class SqueezeExcite(nn.Module):
    """Scales each channel by a hard sigmoid of what all channels are on average."""

    def __init__(self, channels):
        super().__init__()
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels, channels // 4, 1), nn.ReLU(),
            nn.Conv2d(channels // 4, channels, 1), nn.Hardsigmoid())

    def forward(self, x):
        return x * self.gate(x)


class Bottleneck(nn.Module):
    """MobileNetV3's block: expand, depthwise, squeeze-and-excite or not, project; adds its input when the shape stays."""

    def __init__(self, inputs, wide, outputs, size, stride, excite, activation):
        super().__init__()
        expand = [] if wide == inputs else [convolution(inputs, wide, 1), activation()]
        depthwise = [convolution(wide, wide, size, stride, wide), activation()]
        self.body = nn.Sequential(
            *expand, *depthwise, *([SqueezeExcite(wide)] if excite else []), convolution(wide, outputs, 1))
        self.same = stride == 1 and inputs == outputs

    def forward(self, x):
        y = self.body(x)
        return x + y if self.same else y


def mobilenetv3():
    """MobileNetV3-small at the scale of CIFAR-10: its blocks in its order, fewer and narrower; 6.4 M multiplications."""
    relu, swish = nn.ReLU, nn.Hardswish
    return nn.Sequential(
        convolution(3, 16), swish(),
        Bottleneck(16, 16, 16, 3, 2, True, relu),
        Bottleneck(16, 48, 24, 3, 1, False, relu),
        Bottleneck(24, 64, 24, 3, 1, False, relu),
        Bottleneck(24, 80, 40, 5, 2, True, swish),
        Bottleneck(40, 120, 40, 5, 1, True, swish),
        Bottleneck(40, 120, 48, 5, 1, True, swish),
        Bottleneck(48, 192, 64, 5, 2, True, swish),
        Bottleneck(64, 256, 64, 5, 1, True, swish),
        convolution(64, 256, 1), swish(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(256, 128), swish(), nn.Dropout(0.2), nn.Linear(128, 10))
