"""The JSON documents are what their schemas say, field for field."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from cnncalc.arithmetic.columns import COLUMNS, Setting, chosen
from cnncalc.arithmetic.comparison import Comparison
from cnncalc.arithmetic.conventions import CONVENTIONS
from cnncalc.arithmetic.documents import document
from cnncalc.arithmetic.pixels import chosen as layer_of
from cnncalc.arithmetic.pixels import document as field_document
from cnncalc.arithmetic.pixels import look
from cnncalc.arithmetic.report import analyse
from cnncalc.arithmetic.schemas import SCHEMAS
from cnncalc.errors import CnncalcError
from cnncalc.layers import Model, parse
from tests.cli.running import run_here as cnncalc
from tests.stacks import stacks

VALIDATORS = {name: Draft202012Validator(schema) for name, schema in SCHEMAS.items()}


def records(schema: Any) -> list[dict[str, Any]]:
    """Every object in a schema."""
    if isinstance(schema, list):
        return [found for part in schema for found in records(part)]
    if not isinstance(schema, dict):
        return []
    inside = [found for part in schema.values() for found in records(part)]
    return [schema, *inside] if "object" in schema.get("type", "") else inside


def valid(name: str, made: dict[str, Any]) -> None:
    """A document as it is printed, against the schema of its command."""
    VALIDATORS[name].validate(json.loads(json.dumps(made)))


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_of_the_draft_and_name_every_field_they_allow(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert len(records(SCHEMAS[name])) > 5
    for record in records(SCHEMAS[name]):
        assert record["additionalProperties"] is False
        assert all(field.get("description") for field in record["properties"].values()), record


@given(stacks())
def test_the_document_of_a_random_model_is_what_the_schema_says(model: Model) -> None:
    report = analyse(model)
    valid("shape", document(report, Setting(), [], []))
    every = document(report, Setting(3, "float64"), chosen("all"), [*CONVENTIONS.values()])
    valid("shape", every)
    fields = {key for layer in every["layers"] for key in layer}
    if every["layers"]:
        [layers] = [
            r
            for r in records(SCHEMAS["shape"])
            if "connections" in r["properties"] and "path" in r["properties"]
        ]
        assert fields == set(layers["properties"])


@settings(max_examples=50)
@given(stacks(), stacks())
def test_comparisons_and_fields_of_random_models_are_what_their_schemas_say(one: Model, other: Model) -> None:
    reports = [analyse(one), analyse(other)]
    valid("compare", Comparison.of(["one", "other"], reports).document())
    try:
        seen = look(reports[0], layer_of(reports[0]), None)
    except CnncalcError:
        return
    valid("field", field_document(reports[0], seen))


def test_a_field_too_many_or_too_few_is_not_what_the_schema_says() -> None:
    made = document(analyse(parse("input 8x8x1; conv 2x3x3")), Setting(), chosen("kernel"), [])
    assert VALIDATORS["shape"].is_valid(made)
    for spoilt in (
        {**made, "more": 1},
        {key: value for key, value in made.items() if key != "totals"},
        {**made, "schema": 2},
        {**made, "layers": [{**made["layers"][0], "macs": "many"}]},
        {**made, "layers": [{**made["layers"][0], "field": {"size": [3, 3]}}]},
    ):
        assert not VALIDATORS["shape"].is_valid(spoilt)


def test_columns_mean_in_the_schema_what_they_mean_in_the_table() -> None:
    printed = json.dumps(SCHEMAS["shape"])
    for name in ("kernel", "stride", "FLOPs", "memory", "jump", "start", "intensity", "%", "#"):
        assert COLUMNS[name].help in printed


@pytest.mark.parametrize(
    "args",
    [
        ["shape", "googlenet-aux", "--columns", "all", "--convention", "all"],
        ["shape", "lenet4"],
        ["shape", "input 3x3x1; conv 1x9x9"],
        ["solve", "input 32x32x3; conv 10x5x5 stride 2 pad ?", "--output", "16x?"],
        ["solve", "input 7x7x1; conv 1x3x3 stride ?", "--output", "4x4"],
        ["solve", "lenet5", "--max-memory", "1MB", "--max-macs", "1G", "--batch", "?"],
        ["solve", "input 7x7x1; fc ?", "--max-parameters", "1k"],
        ["solve", "lenet5"],
        ["compare", "lenet5", "alexnet"],
        ["compare", "--fc"],
        ["compare", "--fc", "lenet5"],
        ["compare", "lenet5"],
        ["field", "lenet5"],
        ["field", "lenet5", "--layer", "99"],
        ["field", "input 12x12x1; conv 1x3x3 dilation 3; concat { { conv 1x3x3 pad 1 } { relu } }"],
    ],
)
def test_what_a_command_prints_is_what_its_schema_says(args: list[str]) -> None:
    printed = json.loads(cnncalc(args[0], "--json-schema").stdout)
    assert printed == SCHEMAS[args[0]]
    Draft202012Validator(printed).validate(json.loads(cnncalc(*args, "--json").stdout))
