"""The data sets that are known by name; a new one is one entry of DATASETS.

Sizes and SHA-256 of the archives are those of TensorFlow Datasets' checksum files; the SHA-256 of the files in them
are those of MNIST's, Zalando's and Krizhevsky's files unzipped. Of KMNIST's files only the archives' are published.
"""

from __future__ import annotations

from dataclasses import dataclass

from cnncalc.layers import Shape
from cnncalc.learning.data import cifar, idx


@dataclass(frozen=True)
class Part:
    """A file as its authors made it, unpacked; sha256 is empty where none is published."""

    name: str
    size: int
    sha256: str = ""


@dataclass(frozen=True)
class Archive:
    """A file as mirrors offer it, and what is in it."""

    name: str
    size: int
    sha256: str
    parts: tuple[Part, ...]

    @property
    def recompressed(self) -> bool:
        """Whether another compression of the same contents can be told to be genuine."""
        return len(self.parts) == 1 and bool(self.parts[0].sha256)

    @property
    def most(self) -> int:
        """Bytes that it can have: gzip lengthens what it cannot shorten by less than a thousandth."""
        return self.size if not self.recompressed else self.parts[0].size * 1001 // 1000 + 1000


@dataclass(frozen=True)
class Entry:
    """What is known of a data set before it is there."""

    name: str
    what: str
    archives: tuple[Archive, ...]
    mirrors: tuple[str, ...]  # each ends in a slash, the archives' names follow
    shape: Shape
    train: int
    test: int
    classes: tuple[str, ...]
    licence: str
    citation: str
    records: bool = False  # in CIFAR's batches of records; else in four IDX files
    torchvision: str = ""  # the name of its class, which is that of its folder
    shipped: str = ""  # the file that ships with cnncalc
    mean: float = (
        0.0  # of the pixels of the training pictures, 0 to 1; measured when read where it is not given
    )
    deviation: float = 0.0

    @property
    def size(self) -> int:
        """Bytes to be fetched."""
        return sum(archive.size for archive in self.archives)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The files in its archives."""
        return tuple(part for archive in self.archives for part in archive.parts)


def like_mnist(
    sizes: tuple[int, ...], archives: tuple[str, ...], raw: tuple[str, ...] = ("",) * 4
) -> tuple[Archive, ...]:
    """The four gzip files of a set in MNIST's layout, in the order of idx.FILES."""
    bytes_of = (16 + 60_000 * 28 * 28, 8 + 60_000, 16 + 10_000 * 28 * 28, 8 + 10_000)
    return tuple(
        Archive(f"{name}.gz", size, sha256, (Part(name, held, inner),))
        for name, size, sha256, held, inner in zip(idx.FILES, sizes, archives, bytes_of, raw, strict=True)
    )


MNIST = Entry(
    name="mnist",
    what="handwritten digits",
    archives=like_mnist(
        (9_912_422, 28_881, 1_648_877, 4_542),
        (
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        ),
        (
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ),
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    shape=(28, 28, 1),
    train=60_000,
    test=10_000,
    classes=tuple("0123456789"),
    licence="CC BY-SA 3.0",
    citation="LeCun, Bottou, Bengio & Haffner 1998, Gradient-based learning applied to document recognition",
    torchvision="MNIST",
    shipped="mnist.npz",
    mean=0.1307,
    deviation=0.3081,
)

FASHION_MNIST = Entry(
    name="fashion-mnist",
    what="clothes",
    archives=like_mnist(
        (26_421_880, 29_515, 4_422_102, 5_148),
        (
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ),
        (
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
    ),
    mirrors=(
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ),
    shape=(28, 28, 1),
    train=60_000,
    test=10_000,
    classes=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    licence="MIT",
    citation="Xiao, Rasul & Vollgraf 2017, Fashion-MNIST, arXiv:1708.07747",
    torchvision="FashionMNIST",
    mean=0.2860,
    deviation=0.3530,
)

KMNIST = Entry(
    name="kmnist",
    what="classical Japanese characters",
    archives=like_mnist(
        (18_165_135, 29_497, 3_041_136, 5_120),
        (
            "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
            "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
            "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
            "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
        ),
    ),
    mirrors=(
        "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
    ),
    shape=(28, 28, 1),
    train=60_000,
    test=10_000,
    classes=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    licence="CC BY-SA 4.0",
    citation="Clanuwat et al. 2018, Deep Learning for Classical Japanese Literature, arXiv:1812.01718",
    torchvision="KMNIST",
)

CIFAR10 = Entry(
    name="cifar10",
    what="small colour photos",
    archives=(
        Archive(
            "cifar-10-binary.tar.gz",
            170_052_171,
            "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
            tuple(
                Part(name, cifar.BATCH * cifar.RECORD, sha256)
                for name, sha256 in zip(
                    cifar.FILES,
                    (
                        "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
                        "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
                        "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
                        "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
                        "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
                        "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
                    ),
                    strict=True,
                )
            ),
        ),
    ),
    mirrors=(
        "https://www.cs.toronto.edu/~kriz/",
        "https://mindspore-website.obs.cn-north-4.myhuaweicloud.com/notebook/datasets/",
    ),
    shape=(32, 32, 3),
    train=50_000,
    test=10_000,
    classes=cifar.CLASSES,
    records=True,
    licence="none stated",
    citation="Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images",
)

DATASETS: dict[str, Entry] = {entry.name: entry for entry in (MNIST, FASHION_MNIST, KMNIST, CIFAR10)}
