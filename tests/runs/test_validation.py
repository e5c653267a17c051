"""Every way in which a table can be wrong has its own code, row, column, value and remedy."""

import dataclasses
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tables import sound

from bayescale.catalogue import resolve
from bayescale.errors import RunsError
from bayescale.runs.runs import read_runs


def errors(table, law="chinchilla", **options):
    with pytest.raises(RunsError) as caught:
        read_runs(table, law, **options)
    return caught.value.problems


def warnings(table, law="chinchilla", **options):
    return {problem.code: problem for problem in read_runs(table, law, **options).problems}


def with_cells(**cells):
    """A sound table in which column=(row, value) is another."""
    table = sound().astype(object)
    for column, (row, value) in cells.items():
        table.loc[row, column] = value
    return table


def test_a_sound_table_has_no_problem(table):
    assert read_runs(table, "chinchilla").problems == ()


@pytest.mark.parametrize(
    ("column", "value", "code", "shown"),
    [
        ("N", "abc", "text-in-number-column", "('abc')"),
        ("L", "1,5", "text-in-number-column", "('1,5')"),
        ("D", True, "text-in-number-column", "('True')"),
        ("D", [1], "text-in-number-column", "('[1]')"),
        ("D", 1j, "text-in-number-column", "('1j')"),
        ("D", pd.Timestamp("2026-01-01"), "text-in-number-column", "2026-01-01"),
        ("N", np.nan, "missing-value", ""),
        ("N", None, "missing-value", ""),
        ("L", "n/a", "missing-value", ""),
        ("L", pd.NA, "missing-value", ""),
        ("L", np.inf, "infinite-value", "(inf)"),
        ("L", "-inf", "infinite-value", "(-inf)"),
        ("D", 10**400, "infinite-value", "(inf)"),
        ("N", 0, "zero-value", "(0)"),
        ("L", -0.0, "zero-value", "(-0)"),
        ("N", -7e9, "negative-value", "(-7e+09)"),
        ("L", "-2.5", "negative-value", "(-2.5)"),
    ],
)
def test_a_bad_value_is_told_with_row_column_and_value(column, value, code, shown):
    table = sound().astype(object)
    table.at[5, column] = value
    (found,) = errors(table)
    assert (found.code, found.severity) == (code, "error")
    assert f"'{column}'" in found.message
    assert "row 5" in found.message
    assert shown in found.message
    assert found.details["rows"] == [5]
    assert found.details["column"] == column


@pytest.mark.parametrize("value", ["70B", "1.4T", "5.9e23", "1,000", Decimal("1e9"), np.int64(5)])
def test_human_numbers_are_numbers(value):
    assert len(read_runs(with_cells(N=(5, value)), "chinchilla")) == 24


def test_all_problems_are_told_at_once():
    table = with_cells(N=(3, "abc"), D=(4, -1.0), L=(5, np.nan))
    table.loc[6, "L"] = np.inf
    found = errors(table, columns={"N": "N", "E": "nowhere"}, derive={"C": "6*X"}, run="model")
    assert {problem.code for problem in found} == {
        "text-in-number-column", "negative-value", "missing-value", "infinite-value",
        "missing-column", "unknown-name",
    }  # fmt: skip
    assert sum(problem.code == "missing-column" for problem in found) == 2


def test_a_raw_column_is_not_taken_for_a_symbol_that_is_mapped_elsewhere():
    table = with_cells(L=(3, "abc"))
    (found,) = errors(table, columns={"L": "loss"})
    assert (found.code, found.details["nearest"]) == ("missing-column", None)
    table = with_cells(N=(3, "abc"))
    (found,) = errors(table, derive={"N": "D"})
    assert found.code == "derived-and-given"


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=6),
    st.sampled_from(
        ["70B", "1e400", "-inf", "nan", "1,000", pd.NA, pd.NaT, 10**400, Decimal("NaN")]
    ),
)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6))
def test_whatever_the_cells_runs_are_sound_or_refused(rows):
    table = pd.DataFrame(rows, columns=["N", "D", "L"], dtype=object)
    problems, found = (), []
    try:
        runs = read_runs(table, "pretraining", derive={"C": "6*N*D"})
        found = [*runs.inputs.values(), runs.response]
    except RunsError as refused:
        problems = refused.problems
    assert bool(problems) != bool(found)
    assert all(problem.severity == "error" for problem in problems)
    assert all(np.isfinite(values).all() and (values > 0).all() for values in found)


def test_long_lists_of_rows_are_cut():
    table = sound().astype(object)
    table.loc[:12, "N"] = "x"
    (found,) = errors(table)
    assert "row 9" in found.message
    assert "row 10" not in found.message
    assert "… and 3 more" in found.message
    assert found.details["rows"] == list(range(13))


@pytest.mark.parametrize(
    ("rename", "columns", "near"),
    [
        ({"N": "n_params"}, {}, "n_params"),
        ({"D": "n_tokens"}, {}, "n_tokens"),
        ({"L": "loss"}, {}, "loss"),
        ({"N": "n_params"}, {"N": "nparam"}, "n_params"),
        ({"N": "n"}, {}, "n"),
        ({"N": "qqq"}, {}, None),
    ],
)
def test_missing_columns_come_with_the_nearest_name(table, rename, columns, near):
    (found,) = errors(table.rename(columns=rename), columns=columns)
    assert found.code == "missing-column"
    assert found.details["nearest"] == near
    assert near is None or f'"{near}"' in found.message


def test_zero_is_allowed_where_the_law_says_so(table):
    law = resolve("chinchilla")
    zero_shot = dataclasses.replace(
        law,
        name="zero",
        inputs=(law.inputs[0], dataclasses.replace(law.inputs[1], zero=True)),
    )
    table.loc[0, "D"] = 0.0
    assert read_runs(table, zero_shot).problems == ()
    table.loc[0, "D"] = -1.0
    assert errors(table, zero_shot)[0].code == "negative-value"
    table["D"] = 0.0
    assert errors(table, zero_shot)[0].code == "zero-value"


def test_a_faulty_column_of_another_law_does_not_stop_this_one(table):
    table["E"] = np.nan
    runs = read_runs(table, "chinchilla", columns={"E": "E"})
    with pytest.raises(RunsError, match="'E'"):
        runs.for_law(dataclasses.replace(
            resolve("chinchilla"),
            name="other",
            response=dataclasses.replace(resolve("chinchilla").response, symbol="E"),
            function=lambda N, D, L0, A, alpha, B, beta: L0 + A * N**-alpha + B * D**-beta,
            parameters=(
                dataclasses.replace(resolve("chinchilla").parameters[0], symbol="L0"),
                *resolve("chinchilla").parameters[1:],
            ),
        ))  # fmt: skip


# What can be fitted, with a warning


def test_few_runs():
    assert "few-runs" in warnings(sound(4))
    assert "few-runs" not in warnings(sound(5))
    assert errors(sound(1))[0].code == "too-few-runs"


def test_repeated_rows(table):
    table = pd.concat([table, table.iloc[[3, 3]]])
    found = warnings(table)["duplicate-rows"]
    assert "row 24 (as row 3), row 25 (as row 3)" in found.message
    # The same design measured twice is a second seed, not a copy.
    table.iloc[-2:, table.columns.get_loc("L")] *= [1.01, 1.02]
    assert "duplicate-rows" not in warnings(table)


def test_a_constant_response(table):
    table["L"] = 3.2
    (found,) = errors(table)
    assert (found.code, "3.2" in found.message) == ("constant-response", True)


def test_an_input_that_does_not_vary(table):
    table["N"] = 7e9
    found = warnings(table)
    assert "7B" in found["constant-input"].message
    assert set(found) == {"constant-input"}


def test_an_input_that_hardly_varies(table):
    table["N"] = np.geomspace(1e9, 1.25e9, len(table))[::-1]
    assert set(warnings(table)) == {"narrow-input"}
    table["N"] = np.geomspace(1e9, 1.35e9, len(table))[::-1]
    assert set(warnings(table)) == set()


@pytest.mark.parametrize(
    ("compute", "text", "constant", "powers"),
    [
        (lambda n, d: 6 * n * d, "C = 6*N*D", 6.0, {"N": 1, "D": 1}),
        (lambda n, d: n**0.5 / d, "C = N**0.5*D**-1", 1.0, {"N": 0.5, "D": -1}),
        (lambda n, d: 20 * d, "C = 20*D", 20.0, {"D": 1}),
    ],
)
def test_an_input_that_is_a_product_of_others(table, compute, text, constant, powers):
    table["C"] = compute(table["N"], table["D"])
    found = warnings(table, "pretraining")
    assert set(found) == {"product-input"}
    message, details = found["product-input"].message, found["product-input"].details
    assert message.startswith(f"{text} in every run: the exponent of C")
    assert details["constant"] == pytest.approx(constant, rel=1e-3)
    assert details["powers"] == pytest.approx(powers, abs=1e-6)


def test_a_product_is_found_through_rounding_but_not_through_variation(table):
    exact = 6 * table["N"] * table["D"]
    table["C"] = [float(f"{value:.2e}") for value in exact]
    assert "to within 0.00" in warnings(table, "pretraining")["product-input"].message
    noise = np.random.default_rng(1).normal(size=len(table))
    table["C"] = exact * np.exp(0.05 * noise)
    assert set(warnings(table, "pretraining")) == {"near-product"}
    table["C"] = exact * np.exp(0.8 * noise)  # several epochs
    assert set(warnings(table, "pretraining")) == set()


def test_a_nearly_fixed_ratio(table):
    noise = np.random.default_rng(2).normal(size=len(table))
    table["D"] = 20 * table["N"] * np.exp(0.05 * noise)
    found = warnings(table)
    assert set(found) == {"fixed-ratio"}
    assert found["fixed-ratio"].details["powers"]["N"] == pytest.approx(1, abs=0.05)
    table["D"] = 20 * table["N"] * np.exp(0.6 * noise)
    assert set(warnings(table)) == set()


def test_three_runs_prove_no_relation():
    table = sound(3).assign(C=[1e19, 3e20, 4e19])
    assert set(warnings(table, "pretraining")) == {"few-runs"}


def test_problems_of_real_tables(shared):
    runs = read_runs(
        shared / "chinchilla_epoch" / "chinchilla_epoch.csv",
        "pretraining",
        columns={"N": "n_params", "D": "n_tokens", "L": "loss"},
        derive={"C": "6*N*D"},
    )
    assert [problem.code for problem in runs.problems] == ["product-input"]
    assert len(runs) == 245
