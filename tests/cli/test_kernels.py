import json

from typer.testing import CliRunner

from cnncalc.cli.main import app
from cnncalc.imaging.kernels import CATALOGUE


def listed(*args, columns="80"):
    result = CliRunner().invoke(app, ["kernels", *args], env={"COLUMNS": columns})
    assert result.exit_code == 0
    return result.stdout


def test_every_kernel_is_listed_with_size_sum_and_grid():
    for columns in ("80", "40", "200"):
        text = listed(columns=columns)
        for kernel in CATALOGUE.values():
            assert f"{kernel.name}  {kernel.size[0]}×{kernel.size[1]}, sum" in text
        assert "−1  9 −1" in text


def test_two_side_by_side_where_there_is_room():
    line = next(line for line in listed().splitlines() if "−1  9 −1" in line)
    assert line.startswith("0 1 0 ")
    assert listed(columns="40").splitlines()[0].rstrip() == "identity  3×3, sum 1"


def test_json_holds_the_catalogue():
    document = json.loads(listed("--json"))
    assert document["schema"] == 1
    assert [kernel["name"] for kernel in document["kernels"]] == list(CATALOGUE)
    more = document["kernels"][2]
    assert (more["size"], more["sum"], more["divisor"], more["weights"][2]) == (
        [5, 5],
        8,
        8,
        [-1, 2, 8, 2, -1],
    )
