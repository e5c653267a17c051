"""``bayescale sensitivity``."""

import json

import numpy as np
import pandas as pd
import pytest

from bayescale.cli.main import main


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    x = np.geomspace(1e3, 1e6, 24)
    noise = np.exp(0.01 * np.random.default_rng(1).standard_normal(24))
    path = tmp_path_factory.mktemp("runs") / "runs.csv"
    frame = pd.DataFrame({"x": x, "y": (0.1 + 3 * x**-0.35) * noise})
    frame.assign(family=np.resize(["a", "b"], 24)).to_csv(path, index=False)
    return str(path)


def test_each_change_is_a_row_and_the_sentence_names_the_largest(table, capsys):
    command = ["sensitivity", table, "--law", "power", "--at", "x=10M", "--family", "family"]
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    rows = found["forecasts"]
    assert [row["runs"] for row in rows] == [24, 16, 12, 12]
    worst = max(rows[1:], key=lambda row: abs(row["shift"]))
    assert f"(equal-tailed 90% of the law's curve; {worst['change']}:" in found["text"]
    width = rows[0]["upper"] - rows[0]["lower"]
    assert worst["shift"] == pytest.approx((worst["median"] - rows[0]["median"]) / width)


def test_it_prints_a_table_with_the_kind_of_interval(table, capsys):
    assert main(["sensitivity", table, "--law", "power", "--at", "x=10M"]) == 0
    said = capsys.readouterr().out
    assert "without the smallest 33%" in said
    assert "Intervals: equal-tailed 90% of the law's curve." in said


def test_bad_input_is_one_line_and_exit_code_2(table, capsys):
    command = ["sensitivity", table, "--law", "power", "--at", "x=10M", "--smallest", "2"]
    assert main(command) == 2
    assert capsys.readouterr().err.count("\n") == 1
