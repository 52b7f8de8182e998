"""LeNet and the networks between it and VGG."""

from functools import partial

from cnncalc.arithmetic.zoo.entry import Architecture, Source

LECUN = Source(
    "LeCun, Bottou, Bengio, Haffner", 1998, "Gradient-based learning applied to document recognition"
)
CAFFE = Source("Jia et al.", 2014, "Caffe: convolutional architecture for fast feature embedding")
KRIZHEVSKY = Source(
    "Krizhevsky, Sutskever, Hinton",
    2012,
    "ImageNet classification with deep convolutional neural networks",
)
WEIRD = Source("Krizhevsky", 2014, "One weird trick for parallelizing convolutional neural networks")
ZEILER = Source("Zeiler, Fergus", 2014, "Visualizing and understanding convolutional networks")
LIN = Source("Lin, Chen, Yan", 2014, "Network in network")


def lenet5(c3: str = "conv 16x5x5") -> str:
    return f"""
        conv 6x5x5; tanh; avgpool 2x2; tanh
        {c3}; tanh; avgpool 2x2; tanh
        conv 120x5x5; tanh
        fc 84; tanh
        fc 10; softmax
    """


def classifier(classes: int = 1000) -> str:
    """The three dense layers of AlexNet and of what followed it."""
    return f"""
        fc 4096; relu; dropout
        fc 4096; relu; dropout
        fc {classes}; softmax
    """


def alexnet_2012(groups: str = "") -> str:
    return f"""
        conv 96x11x11 stride 4; relu; lrn 5; maxpool 3x3 stride 2
        conv 256x5x5 pad 2{groups}; relu; lrn 5; maxpool 3x3 stride 2
        conv 384x3x3 pad 1; relu
        conv 384x3x3 pad 1{groups}; relu
        conv 256x3x3 pad 1{groups}; relu; maxpool 3x3 stride 2
        {classifier()}
    """


ENTRIES = (
    Architecture(
        "lenet5",
        "LeNet-5 with full C3 connectivity and parameter-free pooling",
        LECUN,
        "32x32x1",
        lenet5,
    ),
    Architecture(
        "lenet5-partial",
        "LeNet-5 with the C3 connections of table I and parameter-free pooling",
        LECUN,
        "32x32x1",
        partial(lenet5, "conv 16x5x5 table lenet"),
        ("lenet5-partial-c3",),
    ),
    Architecture(
        "lenet5-1998",
        "LeNet-5 as published: table I, trained subsampling, fixed radial basis output",
        LECUN,
        "32x32x1",
        """
        conv 6x5x5; tanh; subsample 2x2; tanh
        conv 16x5x5 table lenet; tanh; subsample 2x2; tanh
        conv 120x5x5; tanh
        fc 84; tanh
        rbf 10
        """,
    ),
    Architecture(
        "lenet-caffe",
        "Caffe's MNIST example, 20 and 50 maps and 500 units",
        CAFFE,
        "28x28x1",
        """
        conv 20x5x5; maxpool 2x2
        conv 50x5x5; maxpool 2x2
        fc 500; relu
        fc 10; softmax
        """,
    ),
    Architecture(
        "alexnet",
        "AlexNet in one tower, as torchvision has it",
        WEIRD,
        "224x224x3",
        """
        conv 64x11x11 stride 4 pad 2; relu; maxpool 3x3 stride 2
        conv 192x5x5 pad 2; relu; maxpool 3x3 stride 2
        conv 384x3x3 pad 1; relu
        conv 256x3x3 pad 1; relu
        conv 256x3x3 pad 1; relu; maxpool 3x3 stride 2
        adaptiveavgpool 6x6
        dropout; fc 4096; relu
        dropout; fc 4096; relu
        fc 1000; softmax
        """,
        ("alexnet-torchvision", "alexnet-2014"),
    ),
    Architecture(
        "alexnet-2012",
        "AlexNet as published, in two groups, as Caffe has it",
        KRIZHEVSKY,
        "227x227x3",
        partial(alexnet_2012, " groups 2"),
        ("alexnet-caffe", "bvlc-alexnet"),
    ),
    Architecture(
        "alexnet-ungrouped",
        "AlexNet of 2012 with every filter seeing every channel",
        KRIZHEVSKY,
        "227x227x3",
        alexnet_2012,
        ("alexnet-ungrouped-227",),
    ),
    Architecture(
        "zfnet",
        "AlexNet with a finer first layer, padded so that 224 gives 110, 55, 26, 13",
        ZEILER,
        "224x224x3",
        f"""
        conv 96x7x7 stride 2 pad 1; relu; maxpool 3x3 stride 2 pad 1; lrn 5
        conv 256x5x5 stride 2; relu; maxpool 3x3 stride 2 pad 1; lrn 5
        conv 384x3x3 pad 1; relu
        conv 384x3x3 pad 1; relu
        conv 256x3x3 pad 1; relu; maxpool 3x3 stride 2
        {classifier()}
        """,
    ),
    Architecture(
        "nin",
        "Network in Network for CIFAR-10, pooling rounded up as in Caffe",
        LIN,
        "32x32x3",
        """
        conv 192x5x5 pad 2; relu; conv 160x1x1; relu; conv 96x1x1; relu
        maxpool 3x3 stride 2 ceil; dropout
        conv 192x5x5 pad 2; relu; conv 192x1x1; relu; conv 192x1x1; relu
        avgpool 3x3 stride 2 ceil; dropout
        conv 192x3x3 pad 1; relu; conv 192x1x1; relu; conv 10x1x1; relu
        globalavgpool; flatten; softmax
        """,
        ("nin-cifar10", "network-in-network"),
    ),
)
