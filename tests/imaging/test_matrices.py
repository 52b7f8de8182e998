"""Matrices from words and files: what they mean, exactly, and what is refused with its place."""

import io
import struct
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.errors import CnncalcError, FileError, LanguageError
from cnncalc.imaging.matrices import parse_matrix, read_matrix

SHARPEN = ((0, -1, 0), (-1, 5, -1), (0, -1, 0))


@pytest.mark.parametrize(
    "text",
    [
        "0 -1 0; -1 5 -1; 0 -1 0",
        "0 −1 0; −1 5 −1; 0 −1 0",
        "0,-1,0;-1,5,-1;0,-1,0",
        "0, -1, 0\n-1, 5, -1\n0, -1, 0\n",
        "[0 -1 0; -1 5 -1; 0 -1 0]",
        "  (0 -1 0; -1 5 -1; 0 -1 0;)  ",
        "# a kernel\r\n0\t-1 0 # top\r\n  # inside\r\n-1 +5 -1;\r\n0 -1.0 0e3\r\n\r\n",
    ],
)
def test_the_ways_to_write_a_matrix(text: str) -> None:
    matrix = parse_matrix(text)
    assert matrix.rows == SHARPEN
    assert (matrix.divisor, matrix.axes, matrix.size, matrix.notes) == (1, 2, (3, 3), ())
    assert all(isinstance(number, int) for row in matrix.rows for number in row)


def test_numbers_are_exact() -> None:
    assert parse_matrix("1/16 0.1 2e-3 .5 1.5/3 -1/2").rows == (
        (Fraction(1, 16), Fraction(1, 10), Fraction(1, 500), Fraction(1, 2), Fraction(1, 2), Fraction(-1, 2)),
    )


@pytest.mark.parametrize(
    "text", ["1 2 1; 2 4 2; 1 2 1 /16", "[1 2 1; 2 4 2; 1 2 1]/16", "1 2 1\n2 4 2\n1 2 1\n/ 16\n"]
)
def test_a_divisor_behind_the_whole_is_kept_apart(text: str) -> None:
    matrix = parse_matrix(text)
    assert matrix.rows == ((1, 2, 1), (2, 4, 2), (1, 2, 1))
    assert (matrix.divisor, matrix.fractions, matrix.notes) == (16, True, ())
    assert matrix.array().sum() == 1.0


def test_a_fraction_that_may_have_been_meant_as_a_divisor_is_noted() -> None:
    matrix = parse_matrix("1 2 1; 2 4 2; 1 2 1/16")
    assert matrix.rows[2][2] == Fraction(1, 16)
    assert matrix.notes == (
        "the last number was read as the fraction 1/16; a blank before /16 divides the whole matrix",
    )
    assert parse_matrix("1/16 2/16").notes == ()


def test_fractions_over_one_divisor() -> None:
    assert parse_matrix("1/16 2/16 1/16").over_one_divisor().rows == ((1, 2, 1),)
    assert parse_matrix("0.1 1/4 /3").over_one_divisor().divisor == 60


def test_planes_and_filters() -> None:
    assert parse_matrix("1 2; 3 4 | 5 6; 7 8").planes == (((1, 2), (3, 4)), ((5, 6), (7, 8)))
    assert parse_matrix("1 2\n3 4\n\n \n5 6\n7 8").planes == (((1, 2), (3, 4)), ((5, 6), (7, 8)))
    two = parse_matrix("1 2 | 3 4 || 5 6 | 7 8")
    assert two.filters == ((((1, 2),), ((3, 4),)), (((5, 6),), ((7, 8),)))
    assert (two.grouped, two.axes, two.size) == (True, 1, (1, 2))
    with pytest.raises(LanguageError, match="one matrix is needed, not 4"):
        _ = two.rows


def test_one_row_is_a_signal_unless_it_ends_like_a_row() -> None:
    assert parse_matrix("1 2 3").axes == 1
    assert parse_matrix("1 2 3;").axes == 2
    assert parse_matrix("1; 2; 3").size == (3, 1)


@pytest.mark.parametrize(
    ("text", "message", "hint", "words"),
    [
        ("1 2 3; 4 5; 6 7 8", "row 2 has 2 numbers, the first one has 3", "give every row 3 numbers", "4 5"),
        ("1 2; 3 4 | 5 6", "plane 2 has 1 row, the first one has 2", "give every plane 2 rows", "5 6"),
        ("1 | 2 || 3", "filter 2 has 1 plane, the first one has 2", "give every filter 2 planes", "3"),
        ("1 2; 3 x", "x is not a number", None, "x"),
        ("1 nan", "nan is not a number", "every number is finite: put one in its place", "nan"),
        ("1 -inf", "-inf is not a number", "every number is finite: put one in its place", "-inf"),
        ("[[1 2] [3 4]]", "[1 is not a number", None, "[1"),
        ("1e101 2", "1e101 is too large", "numbers are at most 1e+100", "1e101"),
        ("1e1000 2", "1e1000 is not a number", None, "1e1000"),
        ("1" * 101, "a number of 101 characters", "100 are the most", "1" * 101),
        ("1/0 2", "1/0 divides by zero", "divide by another number", "1/0"),
        ("1/2/3 2", "1/2/3 is not a number", None, "1/2/3"),
        ("1 2 /0", "0 is no divisor", None, "0"),
        ("1 2 /2.5", "2.5 is no divisor", None, "2.5"),
        ("1,,2", "a number is missing before ,", None, ","),
        (",1", "a number is missing before ,", None, ","),
        ("1,\n2,", "a number is missing after ,", None, ","),
        ("1;;2", "a number is missing before ;", None, ";"),
        ("; 1", "a number is missing before ;", None, ";"),
        ("1 |", "a number is missing after |", None, "|"),
        ("1 | | 2", "a number is missing before |", None, "|"),
        ("", "there are no numbers", None, ""),
        ("[]", "there are no numbers", None, "[]"),
        (" # 1", "there are no numbers", None, " # 1"),
        ("/8", "there are no numbers", None, "/8"),
    ],
)
def test_what_is_no_matrix_is_refused_with_its_place(text: str, message: str, hint: str, words: str) -> None:
    with pytest.raises(LanguageError) as caught:
        parse_matrix(text)
    error = caught.value
    assert error.message == message
    assert error.hint
    assert hint is None or error.hint == hint
    assert error.place is not None
    assert error.place.text == text
    assert error.place.words == words


def test_the_place_is_that_of_the_culprit_itself() -> None:
    with pytest.raises(LanguageError) as caught:
        parse_matrix("1 2; 1 x2; 3 4")
    assert caught.value.place is not None
    assert (caught.value.place.start, caught.value.place.end) == (7, 9)


def test_a_text_of_too_many_numbers_is_refused() -> None:
    with pytest.raises(LanguageError, match="1,000,001 numbers are too many"):
        parse_matrix("1 " * 1_000_001)


numbers = st.integers(-(10**20), 10**20) | st.fractions() | st.floats(-1e99, 1e99).map(Fraction)


@given(st.data(), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))
def test_what_is_written_is_read(
    data: st.DataObject, filters: int, planes: int, rows: int, columns: int
) -> None:
    def nest(depth: tuple[int, ...]) -> tuple:
        return tuple(nest(depth[1:]) for _ in range(depth[0])) if depth else data.draw(numbers)

    def write(part: object, separators: tuple[str, ...]) -> str:
        if not separators:
            whole = Fraction(str(part))
            return str(whole)
        return separators[0].join(write(each, separators[1:]) for each in part)  # type: ignore[attr-defined]

    values = nest((filters, planes, rows, columns))
    text = write(
        values,
        (
            "||",
            data.draw(st.sampled_from(["|", "\n\n", " | \n"])),
            data.draw(st.sampled_from([";", "\n"])),
            " ",
        ),
    )
    if len(text) < 100:
        assert parse_matrix(text).filters == values


@given(st.text(st.sampled_from("01 -+./;|,\n#[]ex−"), max_size=20))
def test_every_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        matrix = parse_matrix(text)
    except LanguageError as error:
        assert error.hint
        assert error.place is not None
        assert 0 <= error.place.start <= error.place.end <= max(len(text), 1)
    else:
        assert matrix.array().shape == (len(matrix.filters), len(matrix.filters[0]), *matrix.size)


# ── files ──


def test_text_and_csv_files(tmp_path: Path) -> None:
    (tmp_path / "k.csv").write_bytes(b"\xef\xbb\xbf0,-1,0\r\n-1,5,-1\r\n0,-1,0\r\n")
    (tmp_path / "s.csv").write_text("0;-1;0\n-1;5;-1\n0;-1;0\n")
    (tmp_path / "plain").write_text("0 -1 0; -1 5 -1; 0 -1 0")
    for name in ("k.csv", "s.csv", "plain"):
        assert read_matrix(str(tmp_path / name)).rows == SHARPEN


def test_a_fault_in_a_file_names_file_and_place(tmp_path: Path) -> None:
    path = tmp_path / "k.csv"
    path.write_text("1,2\n3,x\n")
    with pytest.raises(FileError) as caught:
        read_matrix(str(path))
    place = caught.value.place
    assert place is not None
    assert (place.words, place.source) == ("x", str(path))
    path.write_text("1,5;2,5\n")
    with pytest.raises(FileError, match="both , and ; separate columns"):
        read_matrix(str(path))


@pytest.mark.parametrize("dtype", ["u1", "i8", ">i2", "f2", "f4", "f8", "?"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_saved_by_numpy(tmp_path: Path, dtype: str, order: str) -> None:
    array = np.array([[1, 0, 1], [0, 1, 1]], dtype=dtype, order=order)
    np.save(tmp_path / "a.npy", array)
    matrix = read_matrix(str(tmp_path / "a.npy"))
    assert matrix.rows == ((1, 0, 1), (0, 1, 1))
    assert matrix.axes == 2
    assert all(type(number) is int for row in matrix.rows for number in row)


def test_the_axes_of_arrays(tmp_path: Path) -> None:
    array = np.arange(24.0).reshape(2, 3, 2, 2) / 10
    for part, axes, grouped in (
        (array, 2, True),
        (array[0], 2, False),
        (array[0, 0], 2, False),
        (array[0, 0, 0], 1, False),
    ):
        np.save(tmp_path / "a.npy", part)
        matrix = read_matrix(str(tmp_path / "a.npy"))
        assert (matrix.axes, matrix.grouped) == (axes, grouped)
        assert np.array_equal(matrix.array().reshape(part.shape), part)
    assert read_matrix(str(tmp_path / "a.npy")).rows[0][1] == Fraction(0.1)


def lying(shape: str, descr: str = "'<f8'", body: bytes = b"\0" * 32) -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + body


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (lying("(2, 3)"), "header promises 48 bytes of numbers, it holds 32"),
        (lying("(1,)"), "header promises 8 bytes of numbers, it holds 32"),
        (lying("(1000000000, 1000000000)"), "holds 1,000,000,000,000,000,000 numbers"),
        (lying("(-1, 4)"), "without numbers"),
        (lying("(0,)", body=b""), "without numbers"),
        (lying("()", body=b"\0" * 8), "of 0 axes"),
        (lying("(1, 1, 1, 1, 4)"), "of 5 axes"),
        (lying("(4,)", "'|O'"), "holds object"),
        (lying("(2,)", "'<c16'"), "holds complex128"),
        (lying("(4,)", "[('a', '<f8')]"), "where numbers are needed"),
        (lying("(4,)", "__import__('os')"), "no array saved by numpy"),
        (lying("(" * 300), "no array saved by numpy"),
        (lying("(4,)")[:20], "no array saved by numpy"),
        (lying("(4,)", body=struct.pack("<4d", 1, 2, float("nan"), 4)), r"holds nan at \[2\]"),
        (lying("(2, 2)", body=struct.pack("<4d", 1, -1e200, 3, 4)), r"holds -1e\+200 at \[0, 1\]"),
        (b"1 2 3", "no array saved by numpy"),
        (b"", "no array saved by numpy"),
        (b"\x80\x04\x95pickle", "no array saved by numpy"),
    ],
)
def test_arrays_that_lie_are_refused(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "a.npy").write_bytes(data)
    with pytest.raises(FileError, match=message) as caught:
        read_matrix(str(tmp_path / "a.npy"))
    assert caught.value.hint


def test_standard_input() -> None:
    assert read_matrix("-", stdin=io.BytesIO(b"1 2;3 4")).rows == ((1, 2), (3, 4))
    saved = io.BytesIO()
    np.save(saved, [1, 2])
    assert read_matrix("-", stdin=io.BytesIO(saved.getvalue())).rows == ((1, 2),)
    with pytest.raises(FileError, match="standard input is larger than 32 MB"):
        read_matrix("-", stdin=io.BytesIO(b"1 " * 2**25))


def test_names_that_lead_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "bytes.txt").write_bytes(b"1 \xff")
    (tmp_path / "empty.csv").write_bytes(b"")
    for spec, kind, message in (
        ("missing.csv", FileError, "there is no file missing.csv"),
        ("no/where", FileError, "there is no file no/where"),
        ("folder.csv", FileError, "folder.csv is a folder"),
        ("bytes.txt", FileError, "bytes.txt is not a text file: byte 2 is not UTF-8"),
        ("empty.csv", FileError, "there are no numbers"),
        ("sharpen", LanguageError, "sharpen is neither a matrix nor a file"),
        ("1 2 a", LanguageError, "a is not a number"),
        ("-", LanguageError, "- is not a number"),
        ("a\0b/c", FileError, r"there is no file a\\x00b/c"),
        ("x" * 5000 + ".npy", FileError, "cannot read|there is no file"),
        ("bad\udcff.txt", FileError, "there is no file"),
    ):
        with pytest.raises(CnncalcError, match=message) as caught:
            read_matrix(spec)
        assert type(caught.value) is kind
        caught.value.message.encode()
