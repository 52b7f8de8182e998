"""The Python interface, as a notebook uses it."""

import json
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import cnncalc
from tests.cli.running import run_here

COURSE = "input 32x32x3; conv 10x5x5 pad 2"


def test_the_courses_first_layer() -> None:
    """Ten 5×5 filters on 32×32×3, pad 2: 32×32×10, (5·5·3 + 1)·10 = 760 parameters, 32·32·10·75 multiply-adds."""
    found = cnncalc.analyse(COURSE)
    assert (found.input, found.output) == ((32, 32, 3), (32, 32, 10))
    assert (found.parameters, found.macs) == (760, 768_000)
    [row] = found.rows
    assert (row.layer, row.output, row.parameters, row.cost.macs) == ("conv", (32, 32, 10), 760, 768_000)
    assert found.to_dict() == json.loads(run_here("shape", COURSE, "--json").stdout)
    assert found.totals == {
        "parameters": 760,
        "trainable": 760,
        "buffers": 0,
        "macs": 768_000,
        "activations": 10_240,
    }


def test_batch_dtype_columns_and_conventions_are_those_of_the_command() -> None:
    found = cnncalc.analyse(
        "lenet5", batch=8, dtype="float64", columns="output,memory", convention="thop,flops"
    )
    args = ["--batch", "8", "--dtype", "float64", "--columns", "output,memory", "--convention", "thop,flops"]
    printed = json.loads(run_here("shape", "lenet5", *args, "--json").stdout)
    assert json.loads(found.to_json()) == json.loads(json.dumps(found.to_dict())) == printed
    assert found.memory == {name: printed["memory"][name] for name in ("parameters", "inference", "training")}
    assert found.counts == {name: one["total"] for name, one in printed["conventions"].items()}
    assert list(found.counts) == ["thop", "flops"]


def test_a_file_and_the_text_in_it_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "net.cnn"
    path.write_text(COURSE.replace("; ", "\n"), encoding="utf-8")
    assert cnncalc.analyse(str(path)).to_dict() == cnncalc.analyse(COURSE).to_dict()


def test_it_shows_itself_as_the_commands_table() -> None:
    lines = [" ".join(line.split()) for line in repr(cnncalc.analyse("lenet5")).splitlines()]
    shown = [
        " ".join(line.split()) for line in run_here("shape", "lenet5", "--no-explain").stdout.splitlines()
    ]
    assert lines == shown[: len(lines)]
    assert lines[-1].startswith("total ")


class Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[list[str]] = []

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


def test_a_notebook_shows_the_same_table_in_html() -> None:
    found = cnncalc.analyse(COURSE, columns="output,parameters")
    read = Cells()
    read.feed(found._repr_html_())
    assert read.open == []
    assert read.rows == [
        ["#", "layer", "output", "parameters"],
        ["", "input", "32×32×3", ""],
        ["1", "conv 10x5x5 stride 1 pad 2", "32×32×10", "760"],
        ["", "total", "32×32×10", "760"],
    ]


@pytest.mark.parametrize(
    ("model", "how", "said", "hint"),
    [
        ("input 3x3x1; conv 1x9x9", {}, "a 9×9 window does not fit in 3×3 (padding 0)", "pad 3 makes it fit"),
        ("lenet4", {}, "lenet4 is neither a named network nor a file", "did you mean lenet5?"),
        (COURSE, {"dtype": "float33"}, "there is no type float33", "did you mean float32?"),
        (COURSE, {"batch": 0}, "a batch of 0 examples", "a batch has at least one"),
        (COURSE, {"convention": "thopp"}, "there is no convention thopp", "did you mean thop?"),
        (COURSE, {"columns": "outptu"}, "there is no column outptu", "did you mean output?"),
    ],
)
def test_what_is_wrong_is_an_error_with_a_remedy(
    model: str, how: dict[str, object], said: str, hint: str
) -> None:
    with pytest.raises(cnncalc.CnncalcError) as caught:
        cnncalc.analyse(model, **how)  # type: ignore[arg-type]
    assert str(caught.value) == said
    assert caught.value.__notes__[0].startswith(f"hint: {hint}")


def test_importing_it_loads_nothing_else() -> None:
    heavy = "('cnncalc', 'rich', 'numpy')"
    program = f"import sys, cnncalc; print([name for name in sys.modules if name.startswith({heavy})])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['cnncalc']"


def test_nothing_else_is_public() -> None:
    assert [name for name in dir(cnncalc) if not name.startswith("_")] == [
        "Analysis",
        "CnncalcError",
        "analyse",
    ]
    with pytest.raises(AttributeError, match="has no attribute solve"):
        _ = cnncalc.solve


def test_the_example_in_the_docstring_is_true() -> None:
    import doctest

    assert doctest.testmod(cnncalc).attempted == 3
    assert doctest.testmod(cnncalc).failed == 0


def test_its_types_hold_for_those_who_use_it(tmp_path: Path) -> None:
    mypy = pytest.importorskip("mypy.api")
    path = tmp_path / "user.py"
    path.write_text(
        "import cnncalc\n"
        "found: cnncalc.Analysis = cnncalc.analyse('lenet5', batch=2)\n"
        "names: list[str] = [row.text for row in found.rows]\n"
        "macs: int = found.macs + found.totals['macs']\n"
        "reveal_type(found.output)\n",
        encoding="utf-8",
    )
    told, _, code = mypy.run(["--strict", "--cache-dir", str(tmp_path / "cache"), str(path)])
    assert code == 0, told
    assert 'note: Revealed type is "tuple[int, ...]"' in told.replace("builtins.", "")
    path.write_text("import cnncalc\ncnncalc.analyse('lenet5', batch='many')\n", encoding="utf-8")
    assert mypy.run(["--strict", "--cache-dir", str(tmp_path / "cache"), str(path)])[2] == 1
