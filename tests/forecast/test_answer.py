"""An answer says its number, how such numbers held and what to doubt; its file says it again."""

import subprocess
import sys
from dataclasses import replace

import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.stats
from fits import by_hand, mixed, observing, spread

import bayescale as bs
from bayescale.errors import FitFileError, InputError, Problem
from bayescale.forecast.answer import Asked, answered, target_of
from bayescale.forecast.doubts import VERDICTS, at_most, missed
from bayescale.forecast.load import load
from bayescale.law.law import Law

AT = {"N": "7B", "D": "2T"}
FAR = {"N": "700B", "D": "200T"}
COUPLED = {"E": 1.8, "K": 3000.0, "alpha": 0.35, "q": 1.0, "r": 1.05, "c": 1.5}


@pytest.fixture(scope="module")
def fits():
    """Two laws of the same runs."""
    first = by_hand("chinchilla", spread("chinchilla"))
    rng = np.random.default_rng(9)
    raw = {
        name: value * np.exp(0.02 * rng.standard_normal(1000)) for name, value in COUPLED.items()
    }
    second = by_hand("coupled", raw, inputs=first.inputs)
    return first, observing(second, first.response)


def backtest(fit, inside, share=1 / 3):
    """The largest runs as hidden ones, of which so many lay inside."""
    table = pd.DataFrame(fit.inputs)
    order = (np.log(table["N"]) + np.log(table["D"])).sort_values().index
    hidden = table.loc[order[-round(share * len(table)) :]].reset_index(drop=True)
    hidden.insert(0, "fold", "the largest 33%")
    return hidden.assign(
        observed=2.0, median=2.0, lower=1.9, upper=2.1, inside=np.arange(len(hidden)) < inside
    ).assign(log_score=1.0, reach=0.7)


def answer(fits, at=AT, inside=9, weights=(0.6, 0.4), told=(), **asked):
    whole = mixed(fits, weights)
    if inside is not None:
        whole = replace(whole, backtest=backtest(fits[0], inside))
    return answered(whole, target_of(fits[0].runs, at), Asked(**asked), told=told)


def test_the_number_is_that_of_the_ensemble(fits):
    found = answer(fits)
    expected = bs.extrapolate(mixed(fits, [0.6, 0.4]), AT).table
    shown = ["N", "D", "median", "lower", "upper", "reach"]
    pd.testing.assert_frame_equal(found.table[shown], expected[shown])
    assert found.draws.dims == ("draw", "point")
    elsewhere = found.at({"N": ["1B", "2B"], "D": "100B"})
    assert elsewhere.table["median"].tolist() == pytest.approx(
        found.extrapolate({"N": [1e9, 2e9], "D": 1e11}).table["median"].tolist()
    )


def test_three_lines_say_the_number_how_such_held_and_what_to_doubt(fits):
    found = answer(fits[:1], FAR, inside=9, weights=[1.0])
    number, held, doubt = found.text.splitlines()
    row = found.table.iloc[0]
    for part in ("median", "lower", "upper"):
        assert f"{row[part]:.4g}" in number
    for part in ("equal-tailed 90% of one new run", "N=700B", "D=200T", "decades beyond the runs"):
        assert part in number
    assert held == "Hiding the largest third: 9 of 10 inside such intervals."
    assert doubt.startswith("Doubt first: ")
    # Of other intervals than the backtest's that is said.
    other = answer(fits, mass=0.5, kind="mean").text.splitlines()
    assert "equal-tailed 50% of the law's curve" in other[0]
    assert "inside 90% intervals of one new run" in other[1]


@pytest.mark.parametrize("points", [1, 2, 30])
@pytest.mark.parametrize("inside", [None, 2, 9])
def test_it_prints_in_eighty_columns_without_hiding_a_number(fits, points, inside):
    found = answer(fits, {"N": np.geomspace(7e9, 7e13, points), "D": 2e12}, inside)
    lines = repr(found).splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) < 40
    plain = " ".join(repr(found).split())
    for row in found.table.head(8).to_dict("records"):
        low, middle, high = (f"{row[part]:.4g}" for part in ("lower", "median", "upper"))
        assert f"{middle} nats/token ({low} to {high}" in plain
    if points > 8:
        assert "And 22 points more" in plain
    html = found._repr_html_()
    assert "chinchilla" in html
    assert f"{found.table['median'].iloc[0]:.4g}" in html


def test_laws_that_part_ways_are_said_with_their_medians_whatever_is_doubted_first(fits):
    higher = by_hand("coupled", COUPLED | {"E": 2.4}, inputs=fits[0].inputs)
    apart = (fits[0], observing(higher, fits[0].response))
    found = answer(apart, FAR, inside=2)
    medians = [fit.extrapolate(FAR).table["median"].iloc[0] for fit in apart]
    said = f": chinchilla {medians[0]:.4g} (60%), coupled {medians[1]:.4g} (40%)."
    assert found.notes[0].code == "intervals-missed"
    assert found.text.splitlines()[3] == "The laws part ways at N 700B, D 200T" + said
    # A law without weight is not heard, and laws that agree do not part.
    assert "part ways" not in answer(apart, FAR, weights=(1.0, 0.0)).text
    assert answer((fits[0], observing(fits[0], fits[0].response))[:1], weights=[1.0]).parted is None
    # Several points: where.
    several = answer(apart, {"N": [7e11, 8e11], "D": 2e14})
    text = " ".join(several.text.split())
    assert "part ways at N 700B, D 200T" in text or "part ways at N 800B, D 200T" in text
    assert "so do they at 1 other point" in text


@pytest.mark.parametrize(
    ("verdict", "options"),
    [
        ("held", {"at": {"N": 1e9, "D": 1e11}, "inside": 9}),
        ("beyond", {"at": {"N": 7e10, "D": 1.4e12}, "inside": 9}),
        # Further than any benchmark reached, which is a warning.
        ("doubtful", {"at": FAR, "inside": 9}),
        ("missed", {"at": AT, "inside": 5}),
        ("untested", {"at": AT, "inside": None}),
        ("doubtful", {"at": AT, "told": [Problem("odd", "warning", "It is odd.")]}),
        ("unsound", {"at": AT, "inside": None, "told": [Problem("bad", "error", "It is bad.")]}),
    ],
)
def test_the_verdict_is_the_gravest_that_holds(fits, verdict, options):
    first = fits[:1]
    found = answer(first, weights=[1.0], **options)
    assert found.verdict == verdict
    assert verdict in VERDICTS


def test_how_far_hidden_runs_lay_is_read_off_the_backtest(fits):
    """A decade beyond the runs in size, the hidden ones lay .7 beyond those that were fitted."""
    largest = max(fits[0].inputs["N"] * fits[0].inputs["D"])
    near, further = ({"N": 1e10, "D": largest * by / 1e10} for by in (10**0.5, 10.0))

    def told(at, inside):
        return {n.code: n.message for n in answer(fits, at, inside).notes}

    assert "hindcasts of these runs tested up to 0.7" in told(further, 9)["reach"]
    # Within what was tested nothing is said, and nothing of hindcasts where there are none.
    assert "reach" not in told(near, 9)
    assert "reach" not in told(further, None)


@pytest.mark.parametrize(("hits", "trials"), [(0, 1), (5, 10), (9, 10), (150, 400), (2900, 3000)])
def test_the_chance_of_few_hits_is_binomial(hits, trials):
    assert at_most(hits, trials, 0.9) == pytest.approx(scipy.stats.binom.cdf(hits, trials, 0.9))


def test_runs_that_several_folds_hid_count_once(fits):
    """Five of ten inside is less than chance explains; one of two is not, however often told."""
    table = backtest(fits[0], 5)
    assert missed(replace(mixed(fits, [0.6, 0.4]), backtest=table))
    two = pd.concat([table.iloc[[0, 9]].assign(fold=f"fold {k}") for k in range(5)])
    assert not missed(replace(mixed(fits, [0.6, 0.4]), backtest=two))


def test_what_takes_a_fit_takes_an_answer(fits):
    found = answer(fits)
    plan = bs.plan(found, budget=1e23)
    at = {name: float(plan.choice[name]) for name in ("N", "D")}
    forecast = found.extrapolate(at, kind="mean").table.iloc[0]
    assert plan.choice["median"] == pytest.approx(forecast["median"], rel=1e-9)
    same = bs.compare_options({"one": at, "other": AT}, found).table.loc["one", "median"]
    assert same == pytest.approx(forecast["median"], rel=1e-9)
    runs = bs.next_runs(found, {"N": 1e10, "D": 1e11}, at, refits="never")
    width = np.log(forecast["upper"] / forecast["lower"])
    assert runs.width_now == pytest.approx(width, rel=0.02)


def test_a_report_opens_with_the_three_lines(fits, tmp_path):
    found = answer(fits)
    page = found.report(tmp_path / "answer.md").read_text(encoding="utf-8")
    first = page.partition("## The answer")[2].partition("##")[0]
    places = [first.index(line) for line in found.text.splitlines()]
    assert places == sorted(places)
    assert "Weight of each law" in page
    assert "9 of 10 inside" in page


def test_points_are_named_as_the_table_was_and_inputs_left_out_may_be_given(fits):
    first = fits[0]
    runs = replace(first.runs, columns=dict(first.runs.columns) | {"N": "n_params"})
    named = target_of(runs, {"n_params": "7B", "D": "2T", "C": 1e22}, ("C",))
    pd.testing.assert_frame_equal(named, pd.DataFrame({"N": [7e9], "D": [2e12]}))
    with pytest.raises(InputError, match="'C' is not an input"):
        target_of(runs, {"N": "7B", "D": "2T", "C": 1e22})
    with pytest.raises(InputError, match="not 7"):
        target_of(runs, 7)


def test_a_file_answers_as_what_was_saved(fits, tmp_path):
    note = Problem("left-out", "note", "C is left out.", {"symbols": ["C"]})
    found = replace(answer(fits, kind="mean", mass=0.5, told=[note]), left_out=("C",))
    again = load(found.save(tmp_path / "answer.nc"))
    assert repr(again) == repr(found)
    assert again.notes == found.notes
    assert again.verdict == found.verdict
    pd.testing.assert_frame_equal(again.table, found.table)
    pd.testing.assert_frame_equal(again.backtest, found.backtest)
    pd.testing.assert_series_equal(again.weights, found.weights)
    np.testing.assert_array_equal(again.draws, found.draws)
    assert repr(again.at(AT | {"C": 1e22})) == repr(found.at(AT))


def test_an_average_is_saved_too_and_is_what_it_was(fits, tmp_path):
    whole = replace(mixed(fits, [0.6, 0.4]), backtest=backtest(fits[0], 9))
    again = load(whole.save(tmp_path / "average.nc"))
    assert type(again) is bs.Ensemble
    assert again.hindcasts.empty
    np.testing.assert_array_equal(again.extrapolate(AT).draws, whole.extrapolate(AT).draws)
    assert [fit.law for fit in again.fits] == [fit.law for fit in whole.fits]


def test_a_law_of_ones_own_is_given_to_the_file_that_names_it(fits, tmp_path):
    law = replace(fits[0].law, name="mine")
    own = replace(fits[0], runs=replace(fits[0].runs, law=law), draws=fits[0].draws.copy())
    own.draws.attrs["law"] = "mine"
    path = answer((own, fits[1])).save(tmp_path / "answer.nc")
    with pytest.raises(FitFileError, match="a law of your own, 'mine'"):
        load(path)
    for given in (law, [law], [law, "power"]):
        assert isinstance(load(path, given).fits[0].law, Law)


def test_a_file_answers_in_a_fresh_process_without_what_fits(fits, tmp_path):
    path = answer(fits).save(tmp_path / "answer.nc")
    code = (
        "import sys, bayescale as bs\n"
        f"print(bs.load({str(path)!r}).at({{'N': '1B', 'D': '3T'}}))\n"
        "heavy = {'pymc', 'pytensor', 'nutpie', 'numba', 'arviz', 'matplotlib', 'scipy.special'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == repr(answer(fits, {"N": "1B", "D": "3T"}))


@pytest.mark.parametrize("change", ["no weights", "no fit", "other weights", "kind", "target"])
def test_damaged_files_are_one_sentence(fits, tmp_path, change):
    path = answer(fits).save(tmp_path / "answer.nc")
    with h5py.File(path, "a") as file:
        match change:
            case "no weights":
                del file.attrs["weights"]
            case "no fit":
                del file["fit_1"]
            case "other weights":
                file.attrs["weights"] = "{"
            case "kind":
                file.attrs["bayescale_kind"] = "poem"
            case "target":
                del file["target/about"]
    with pytest.raises(FitFileError) as refused:
        load(path)
    assert "answer.nc" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_whose_tables_lack_a_column_is_refused(fits, tmp_path):
    found = answer(fits)
    bare = replace(found, backtest=found.backtest.drop(columns="reach"))
    with pytest.raises(FitFileError, match=r"lacks .*\(reach of the backtest\)"):
        load(bare.save(tmp_path / "answer.nc"))
    bare = replace(found, target=found.target.drop(columns="D"))
    with pytest.raises(FitFileError, match=r"lacks .*\(D of the target\)"):
        load(bare.save(tmp_path / "answer.nc"))


def test_a_half_file_is_refused(fits, tmp_path):
    path = answer(fits).save(tmp_path / "answer.nc")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(FitFileError, match="not a readable"):
        load(path)
    with pytest.raises(InputError, match="Cannot write an answer"):
        answer(fits).save(tmp_path / "no" / "answer.nc")
