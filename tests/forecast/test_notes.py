"""What is known of a fit reaches every number that comes from it, until it is acknowledged."""

import io
import json
from contextlib import redirect_stdout
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fits import TRUTH, by_hand, mixed, observing, places, spread

from bayescale.cli.main import main
from bayescale.decision.buying.next_runs import next_runs
from bayescale.decision.options import compare_options
from bayescale.decision.plan import plan
from bayescale.errors import InputError, Problem
from bayescale.forecast.assumptions import Assumptions
from bayescale.forecast.notes import BENCHMARKED, CODES, lines
from bayescale.forecast.scenarios import scenarios
from bayescale.posterior.fit import fit
from bayescale.report.report import compose
from bayescale.report.results import sort_results
from bayescale.runs.runs import read_runs

LACK = Problem("lack-of-fit", "warning", "The law misses something: trend in N.", {})
AT = {"N": ["1B", "7B"], "D": ["20B", "140B"]}


@pytest.fixture(scope="module")
def lacking():
    return by_hand("chinchilla", spread("chinchilla"), problems=[LACK])


def codes(found):
    return [note.code for note in found.notes]


def of(found, code):
    (note,) = (note for note in found.notes if note.code == code)
    return note


def test_a_lack_of_fit_is_in_all_that_comes_from_the_fit(lacking):
    forecast = lacking.extrapolate(AT)
    options = compare_options({"a": {"N": 1e9, "D": 2e10}, "b": {"N": 2e9, "D": 2e10}}, lacking)
    planned = plan(lacking, budget=1e21)
    bought = next_runs(lacking, {"N": [1e9], "D": [1e11]}, {"N": 7e9, "D": 1e11}, refits="never")
    for found in (forecast, options, planned, bought):
        assert of(found, "lack-of-fit").severity == "warning"
        assert "Caution (lack-of-fit): The law misses something" in repr(found)
        assert "The law misses something" in found._repr_html_()
    assert list(forecast.table["codes"]) == ["lack-of-fit", "lack-of-fit"]
    assert set(forecast.table["notes"]) == {LACK.message}


def test_a_report_says_it_and_lists_what_was_acknowledged(lacking):
    def text(**options):
        results = sort_results([lacking], {"N": 7e9, "D": 1e11}, Assumptions(**options))
        return str(compose(results))

    assert "Caution (lack-of-fit)" in text()
    assert "Caution (lack-of-fit)" not in text(acknowledge=("lack-of-fit",))
    assert "Acknowledged: lack-of-fit" in text(acknowledge=("lack-of-fit",))


def test_what_is_acknowledged_stands_in_files_and_not_in_the_way(lacking):
    found = lacking.extrapolate(AT, acknowledge={"lack_of_fit"})
    assert of(found, "lack-of-fit").acknowledged
    assert list(found.table["codes"]) == ["lack-of-fit"] * 2
    assert found.table["notes"].str.startswith("(acknowledged) The law").all()
    assert "Caution" not in repr(found)
    assert "Acknowledged: lack-of-fit." in repr(found)
    planned = plan(lacking, budget=1e21, acknowledge=["lack-of-fit"])
    assert of(planned, "lack-of-fit").acknowledged
    with pytest.raises(InputError, match="no note 'lack-of-fitness' to acknowledge; the codes are"):
        lacking.extrapolate(AT, acknowledge={"lack-of-fitness"})


def test_a_clean_fit_has_nothing_to_say(loss):
    assert loss.extrapolate(AT).notes == ()


def of_fixed_ratio():
    size = np.geomspace(4e7, 2e10, 30)
    inputs = {"N": size, "D": 20 * size}
    return by_hand("chinchilla", spread("chinchilla"), inputs=inputs)


def test_a_point_off_a_relation_that_all_runs_keep_says_so():
    found = of_fixed_ratio().extrapolate({"N": ["1B", "1B"], "D": ["20B", "100B"]})
    note = of(found, "unseparated")
    assert note.details["points"] == [1]
    assert note.message.startswith("At N=1B, D=100B: D is 20*N in every run, and 5 times that here")
    assert list(found.table["codes"]) == ["", "unseparated"]
    # At a plan of another ratio, too; on the relation nothing is said.
    fixed = plan(of_fixed_ratio(), budget=1e22, fixed={"D": "5*N"})
    assert "unseparated" in codes(fixed)
    assert "unseparated" not in codes(plan(of_fixed_ratio(), budget=1e22, fixed={"D": "20*N"}))


def test_an_input_that_never_varied_is_told_where_it_does():
    inputs = places("chinchilla", 30) | {"D": np.full(30, 1e11)}
    constant = by_hand("chinchilla", spread("chinchilla"), inputs=inputs)
    note = of(constant.extrapolate({"N": 1e9, "D": [1e11, 3e11]}), "unseparated")
    assert "D is 100B in every run" in note.message
    assert note.details["points"] == [1]


def test_a_reach_that_was_never_tested_is_told(loss):
    far = loss.extrapolate({"N": [1e9, 7e11], "D": [2e10, 1.4e13]})
    note = of(far, "reach")
    assert note.details["points"] == [1]
    assert far.reach[1] > BENCHMARKED
    hidden = pd.DataFrame({"fold": ["the largest 33%"] * 2, "reach": [0.4, 0.1]})
    whole = replace(mixed((loss,), [1.0]), backtest=hidden)
    near = scenarios(whole).notes_at({"N": np.array([7e10]), "D": np.array([1.4e12])})
    (note,) = (note for note in near if note.code == "reach")
    assert "hindcasts of these runs tested up to 0.4" in note.message
    assert note.severity == "note"


# Exponents so small that the floor is where their priors put it.
RIDGE = {"E": 1.7, "A": 2.5, "alpha": 0.05, "B": 3.0, "beta": 0.05}


def preview(truth, size=40):
    from fits import simulated

    return fit(simulated("chinchilla", size, truth=truth), preview=True)


def test_a_largest_term_that_rests_on_priors_is_told():
    note = of(preview(RIDGE).extrapolate({"N": "70B", "D": "1.4T"}), "term-not-informed")
    assert "the largest term E" in note.message
    clean = preview(TRUTH["chinchilla"], 100).extrapolate({"N": "70B", "D": "1.4T"})
    assert codes(clean) == ["preview"]


def test_of_several_laws_each_names_what_is_its_own(lacking):
    rng = np.random.default_rng(9)
    raw = {"E": 1.8, "K": 3000.0, "alpha": 0.35, "q": 1.0, "r": 1.05, "c": 1.5}
    raw = {k: v * np.exp(0.02 * rng.standard_normal(1000)) for k, v in raw.items()}
    other = observing(by_hand("coupled", raw), lacking.response)
    (note,) = scenarios(mixed((lacking, other), [0.5, 0.5])).notes
    assert note.message == f"chinchilla: {LACK.message}"


def test_lines_are_whole_words_within_eighty_columns(lacking):
    told = lines(lacking.extrapolate(AT).notes * 3, width=80)
    assert max(map(len, "\n".join(told).split("\n"))) <= 80


def test_every_code_of_a_note_can_be_acknowledged(lacking):
    assert {LACK.code, "unseparated", "reach", "checkpoints", "prior-conflict"} <= CODES
    for code in CODES:
        assert lacking.extrapolate(AT, acknowledge={code}).notes[0].acknowledged == (
            code == "lack-of-fit"
        )


def test_the_command_line_writes_codes_and_objects(tmp_path):
    """A fit of what the law alone misses, from a table to JSON and CSV."""
    x = np.repeat(np.geomspace(1e3, 1e7, 15), 2)
    y = np.where(x < 1e5, x**-0.1, 1e5**0.4 * x**-0.5)
    frame = pd.DataFrame({"x": x, "y": y * np.exp(0.01 * np.sin(np.arange(30)))})
    runs = read_runs(frame, "power")
    saved = fit(runs, discrepancy=False, preview=True).save(tmp_path / "fit.nc")

    def typed(*words):
        with redirect_stdout(io.StringIO()) as out:
            assert main(["extrapolate", str(saved), "--at", "x=1e8", *words]) == 0
        return out.getvalue()

    values = json.loads(typed("--json", "--csv", str(tmp_path / "f.csv")))
    told = {note["code"]: note for note in values["notes"]}
    assert {"preview", "lack-of-fit"} <= set(told)
    assert set(told["lack-of-fit"]) >= {"code", "severity", "message", "acknowledged"}
    assert "lack-of-fit" in pd.read_csv(tmp_path / "f.csv")["codes"].iloc[0]
    assert "Caution (lack-of-fit)" in typed()
    known = typed("--acknowledge", "lack-of-fit", "--acknowledge", "preview")
    assert "Caution (lack-of-fit)" not in known
    assert "Acknowledged: " in known
