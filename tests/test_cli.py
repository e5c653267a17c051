"""The command line: what it prints, its exit codes, and one clear line for each failure."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pandas as pd
import pytest

import bayescale as bs
from bayescale import catalogue
from bayescale.cli import options, screen
from bayescale.cli.main import COMMANDS, main, parser

EXAMPLE_LAW = """
from bayescale.law.law import Exponent, Input, Law, Prior, Response, Weight

LAW = Law(
    name="mine",
    version=1,
    function=lambda x, floor, a, b: floor + a * x**-b,
    summary="a law of one's own",
    inputs=(Input("x", "examples", "a scale"),),
    response=Response("y", "error", "a response"),
    parameters=(
        Weight("floor", "floor"),
        Weight("a", "term"),
        Exponent("b", "power", Prior("LogNormal", mu=-1.0, sigma=0.5, why="a test")),
    ),
)
"""


@pytest.fixture
def run(capsys):
    """Run a command; returns exit code, standard output, standard error."""

    def call(*arguments):
        code = main(list(map(str, arguments)))
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def ok(run):
    """Run a command that must succeed; returns what it printed."""

    def call(*arguments):
        code, out, err = run(*arguments)
        assert code == 0, err
        return out

    return call


@pytest.fixture
def law_file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(EXAMPLE_LAW)
    return path


# Laws ----------------------------------------------------------------------------------------


def test_laws_are_listed(ok):
    lines = ok("laws").splitlines()
    listed = [line.split()[0] for line in lines[1:-2]]
    assert listed == list(catalogue.names())
    assert any("L = E + A*N**-alpha + B*D**-beta" in line for line in lines)
    assert [law["name"] for law in json.loads(ok("laws", "--json"))["laws"]] == listed


@pytest.mark.parametrize("name", catalogue.names())
def test_a_law_is_described_in_full(ok, name):
    law = catalogue.resolve(name)
    text = ok("laws", name)
    assert f"{law.response.symbol} = {law.formula}" in text
    for item in [*law.inputs, law.response]:
        assert item.unit in text
        assert item.meaning in text
    for item in law.curvature:
        assert str(item.prior) in text
        assert item.prior.why in text
    assert all(reference in text for reference in law.references)
    told = json.loads(ok("laws", name, "--json"))
    assert {row["symbol"] for row in told["symbols"]} == {
        law.response.symbol,
        *law.input_symbols,
        *law.parameter_symbols,
    }


def test_a_law_of_ones_own_is_described(ok, law_file):
    assert "y = floor + a*x**-b" in ok("laws", law_file)


@pytest.fixture
def checked(monkeypatch):
    """Let the check of a law find what is given; returns the laws that were checked."""

    def find(*failures):
        seen = []
        module = ModuleType("bayescale.law.check")
        found = SimpleNamespace(passed=not failures, failures=failures)
        module.check = lambda law: seen.append(law.name) or found
        monkeypatch.setitem(sys.modules, module.__name__, module)
        return seen

    return find


def test_a_law_that_keeps_the_contract_is_said_to(ok, law_file, checked):
    seen = checked()
    assert ok("laws", law_file, "--check") == "mine, version 1: keeps the whole contract\n"
    assert "chinchilla, version" in ok("laws", "chinchilla", "--check")
    told = json.loads(ok("laws", law_file, "--check", "--json"))
    assert told == {"law": "mine", "passed": True, "failures": []}
    assert seen == ["mine", "chinchilla", "mine"]


def test_each_failure_of_a_law_is_a_line_and_exit_code_1(run, law_file, checked):
    failures = ("It falls as x grows.", "Its unit is missing.")
    checked(*failures)
    assert run("laws", law_file, "--check") == (1, "\n".join(failures) + "\n", "")
    code, out, err = run("laws", law_file, "--check", "--json")
    assert (code, err) == (1, "")
    assert json.loads(out) == {"law": "mine", "passed": False, "failures": list(failures)}


def test_what_is_no_law_is_not_checked(run, tmp_path, checked):
    seen = checked()
    path = tmp_path / "broken.py"
    path.write_text("LAW = 1 / 0\n")
    code, out, err = run("laws", path, "--check")
    assert (code, out) == (2, "")
    assert "line 1: ZeroDivisionError" in err
    code, out, err = run("laws", "--check")
    assert (code, out) == (2, "")
    assert "--check takes a law" in err
    assert seen == []


# Fit and show --------------------------------------------------------------------------------


def test_a_fit_recovers_what_made_the_runs(ok, fit_file):
    told = json.loads(ok("show", fit_file, "--json"))
    assert told["interval"] == "equal-tailed"
    assert told["mass"] == 0.9
    assert told["diagnostics"]["passed"] is True
    found = {row["parameter"]: row for row in told["parameters"]}
    for name, truth in {"y0": 0.5, "a": 20, "b": 0.4}.items():
        width = found[name]["upper"] - found[name]["lower"]
        assert abs(found[name]["median"] - truth) < width
    assert {"slope_error", "noise_trend"} <= set(found)
    assert all(row["meaning"] for row in found.values())
    assert told["provenance"]["source"] == "runs.csv"
    assert told["provenance"]["versions"]["bayescale"] == bs.__version__
    assert told["runs"] < 40


def test_show_names_the_kind_and_mass_of_its_intervals(ok, fit_file):
    text = ok("show", fit_file)
    assert "equal-tailed 90%" in text
    assert "Diagnostics: passed" in text
    assert "equal-tailed 50%" in ok("show", fit_file, "--mass", "0.5")


def test_narrower_intervals_lie_inside_wider_ones(ok, fit_file):
    def bounds(mass):
        rows = json.loads(ok("show", fit_file, "--mass", mass, "--json"))["parameters"]
        return {row["parameter"]: (row["lower"], row["upper"]) for row in rows}

    narrow, wide = bounds(0.5), bounds(0.95)
    for name, (lower, upper) in narrow.items():
        assert wide[name][0] < lower < upper < wide[name][1]


def test_a_preview_is_called_one_everywhere(ok, runs_file, tmp_path):
    path = tmp_path / "preview.nc"
    text = ok("fit", runs_file, "--law", "power", "--preview", "-o", path)
    assert text.startswith("Preview (Laplace approximation, not sampled) of power")
    assert f"Saved to {path}" in text
    assert "Preview" in ok("show", path)
    assert json.loads(ok("show", path, "--json"))["preview"] is True
    assert "Caution (preview): This is from a preview" in ok("extrapolate", path, "--at", "x=1M")


def test_columns_and_derived_inputs_are_mapped(ok, power_table, tmp_path):
    path = tmp_path / "renamed.csv"
    power_table.rename(columns={"y": "error"}).drop(columns="x").to_csv(path, index=False)
    fit = tmp_path / "fit.nc"
    options = ("--column", "y=error", "--derive", "x=1000*thousands", "--preview", "--json")
    told = json.loads(ok("fit", path, "--law", "power", *options, "-o", fit))
    assert told["runs"] == 40
    assert told["saved"] == str(fit)
    assert told["provenance"]["columns"] == {"y": "error"}
    by_hand = json.loads(ok("extrapolate", fit, "--at", "x=1M", "--json"))
    derived = json.loads(ok("extrapolate", fit, "--at", "thousands=1000", "--json"))
    assert derived["points"] == by_hand["points"]


def test_rows_are_chosen(ok, runs_file, power_table):
    def fitted(*conditions):
        where = [part for text in conditions for part in ("--where", text)]
        options = ("--law", "power", "--preview", "--json")
        return json.loads(ok("fit", runs_file, *options, *where))["runs"]

    assert fitted("split=train") == (power_table["split"] == "train").sum()
    assert (
        fitted("split=train", "x>=1K") == power_table.query("split == 'train' & x >= 1000").shape[0]
    )


def test_warnings_about_the_runs_are_on_standard_error(run, power_table, tmp_path):
    path = tmp_path / "twice.csv"
    pd.concat([power_table, power_table.head(1)]).to_csv(path, index=False)
    code, out, err = run("fit", path, "--law", "power", "--preview", "--json")
    assert code == 0
    assert err.startswith("warning: ")
    json.loads(out)


def test_a_law_of_ones_own_is_given_again_to_read_its_fit(run, ok, runs_file, law_file, tmp_path):
    fit = tmp_path / "fit.nc"
    ok("fit", runs_file, "--law", law_file, "--preview", "-o", fit)
    code, _, err = run("show", fit)
    assert code == 2
    assert "--law" in err
    assert "y = floor + a*x**-b" in ok("show", fit, "--law", law_file)
    ok("extrapolate", fit, "--law", law_file, "--at", "x=1M")


def test_a_fit_that_did_not_converge_is_kept_and_refused(run, ok, runs_file, tmp_path):
    fit = tmp_path / "short.nc"
    few = ("--chains", 2, "--draws", 40, "-o", fit)
    code, out, err = run("fit", runs_file, "--law", "power", *few)
    assert code == 1
    assert "Diagnostics: FAILED" in out
    assert err.splitlines()[-1].startswith("error: the sampler did not converge")
    code, out, err = run("extrapolate", fit, "--at", "x=1M")
    assert (code, out) == (1, "")
    assert "--allow-unconverged" in err
    text = ok("extrapolate", fit, "--at", "x=1M", "--allow-unconverged")
    assert "Caution (unconverged): This is from a fit that did not converge" in text


# Extrapolate ---------------------------------------------------------------------------------


def test_a_forecast_holds_the_truth_and_says_what_it_is(ok, fit_file):
    text = ok("extrapolate", fit_file, "--at", "x=1M")
    assert "Intervals: equal-tailed 90% of one new run." in text
    assert "1M" in text
    (point,) = json.loads(ok("extrapolate", fit_file, "--at", "x=1M", "--json"))["points"]
    truth = 0.5 + 20 * 1e6**-0.4
    assert point["x"] == 1e6
    assert point["lower"] < truth < point["upper"]
    assert point["reach"] == pytest.approx(1.5, abs=0.05)
    assert "mean" not in point


def test_the_curve_has_a_mean_and_a_narrower_interval(ok, fit_file):
    at = ("extrapolate", fit_file, "--at", "x=50K")
    run_told, mean_told = (
        json.loads(ok(*at, "--kind", kind, "--json")) for kind in ("run", "mean")
    )
    (one_run,), (curve,) = run_told["points"], mean_told["points"]
    assert curve["upper"] - curve["lower"] < one_run["upper"] - one_run["lower"]
    assert curve["lower"] < curve["mean"] < curve["upper"]
    assert mean_told["kind"] == "mean"
    assert "equal-tailed 90% of the law's curve" in ok(*at, "--kind", "mean")


def test_points_come_from_options_or_a_file_alike(ok, fit_file, tmp_path):
    path = tmp_path / "points.csv"
    path.write_text("note,x\nnear,50K\nfar,1000000\n")
    by_file = json.loads(ok("extrapolate", fit_file, "--points", path, "--json"))
    by_option = json.loads(
        ok("extrapolate", fit_file, "--at", "x=50,000", "--at", "x=1e6", "--json")
    )
    assert by_file == by_option


def test_the_table_is_written(ok, fit_file, tmp_path):
    path = tmp_path / "forecast.csv"
    text = ok("extrapolate", fit_file, "--at", "x=1M", "--below", "0.6", "--csv", path)
    assert "P(y < 0.6)" in text
    assert f"Written to {path}" in text
    table = pd.read_csv(path)
    assert table["interval"].tolist() == ["equal-tailed 90% of one new run"]
    ex = bs.load(fit_file).extrapolate({"x": 1e6})
    assert table["median"].iloc[0] == pytest.approx(ex.table["median"].iloc[0])
    assert table["probability"].iloc[0] == pytest.approx(ex.probability(below=0.6).iloc[0])


def test_a_fit_without_discrepancy_is_narrower_far_out_and_says_so(
    ok, runs_file, fit_file, tmp_path
):
    def told(path):
        return json.loads(ok("extrapolate", path, "--at", "x=10M", "--kind", "mean", "--json"))

    alone = tmp_path / "alone.nc"
    ok(
        "fit",
        runs_file,
        "--law",
        "power",
        "--where",
        "split=train",
        "--no-discrepancy",
        "-o",
        alone,
    )
    honest, bold = told(fit_file), told(alone)
    width = [p["upper"] - p["lower"] for p in (honest["points"][0], bold["points"][0])]
    assert width[1] < width[0]
    assert "slopes err by" in honest["discrepancy"]
    assert bold["discrepancy"] == "No discrepancy: the law is taken to hold."
    assert "law is taken to hold" in ok("extrapolate", alone, "--at", "x=10M")


# Bad input -----------------------------------------------------------------------------------

BAD = {
    "no such command": (["lawss"], "invalid choice: 'lawss'"),
    "no such option": (["laws", "--foo"], "unrecognized arguments: --foo"),
    # Before the work: the table is not even read.
    "no picture": (
        ["backtest", "absent.csv", "--law", "power", "--plot", "x.foo"],
        "cannot be written as '.foo'",
    ),
    "no table": (["fit", "--law", "power"], "required: TABLE"),
    "no law": (["fit", "RUNS"], "required: --law"),
    "law misspelt": (["fit", "RUNS", "--law", "powr"], "Did you mean 'power'?"),
    "law absent": (["laws", "chinchila"], "Did you mean 'chinchilla'?"),
    "law file absent": (["laws", "./absent.py"], "no law file 'absent.py'"),
    "table absent": (["fit", "absent.csv", "--law", "power"], "absent.csv"),
    "column absent": (["fit", "RUNS", "--law", "power", "--column", "y=z"], "no column 'z'"),
    "column without =": (["fit", "RUNS", "--law", "power", "--column", "y"], "'y' is not SYMBOL="),
    "column twice": (
        ["fit", "RUNS", "--law", "power", "--column", "y=y", "--column", "y=x"],
        "--column names y twice",
    ),
    "condition": (["fit", "RUNS", "--law", "power", "--where", "split"], "not a condition"),
    "no row": (["fit", "RUNS", "--law", "power", "--where", "split=x"], "No row"),
    "formula": (["fit", "RUNS", "--law", "power", "--derive", "z=x+"], "z cannot be derived"),
    "mass": (["fit", "RUNS", "--law", "power", "--mass", "90"], "mass lies between 0 and 1"),
    "draws": (["fit", "RUNS", "--law", "power", "--draws", "many"], "invalid int value: 'many'"),
    "too few draws": (["fit", "RUNS", "--law", "power", "--draws", "1"], "at least 1 chain of 4"),
    "folder absent": (["fit", "RUNS", "--law", "power", "-o", "no/fit.nc"], "no folder 'no'"),
    "output is a folder": (["fit", "RUNS", "--law", "power", "-o", "."], "it is a folder"),
    "fit absent": (["show", "absent.nc"], "no file 'absent.nc'"),
    "fit is a table": (["show", "RUNS"], "not a readable fit"),
    "no points": (["extrapolate", "FIT"], "--at --points is required"),
    "both points": (["extrapolate", "FIT", "--at", "x=1", "--points", "RUNS"], "not allowed with"),
    "point of text": (["extrapolate", "FIT", "--at", "x=big"], "'big'"),
    "point without =": (["extrapolate", "FIT", "--at", "1M"], "'1M' is not SYMBOL=VALUE"),
    "point of another law": (["extrapolate", "FIT", "--at", "N=1M"], "'N' is not an input"),
    "points differ": (["extrapolate", "FIT", "--at", "x=1", "--at", "z=1"], "name the same inputs"),
    "negative point": (["extrapolate", "FIT", "--at", "x=-1"], "x must be finite and more than"),
    "kind": (["extrapolate", "FIT", "--at", "x=1", "--kind", "median"], "invalid choice: 'median'"),
    "limit": (["extrapolate", "FIT", "--at", "x=1M", "--below", "-1"], "must be positive"),
    "csv": (["extrapolate", "FIT", "--at", "x=1M", "--csv", "no/a.csv"], "no folder 'no'"),
    # It is part of the posterior: the fit decides.
    "discrepancy of a forecast": (
        ["extrapolate", "FIT", "--at", "x=1M", "--no-discrepancy"],
        "unrecognized arguments: --no-discrepancy",
    ),
}


@pytest.mark.parametrize(("arguments", "says"), BAD.values(), ids=BAD)
def test_bad_input_gets_one_line_and_exit_code_2(run, runs_file, fit_file, arguments, says):
    paths = {"RUNS": runs_file, "FIT": fit_file}
    code, out, err = run(*(paths.get(word, word) for word in arguments))
    assert code == 2
    assert out == ""
    assert says in err
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err


def test_all_problems_of_a_table_are_told_one_line_each(run, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("x,y\n1,0\ntwo,3\n3,4\n")
    code, _, err = run("fit", path, "--law", "power")
    assert code == 2
    assert len(err.splitlines()) == 2
    assert all(line.startswith("error: ") for line in err.splitlines())
    assert "'two'" in err


def test_a_fault_of_ours_is_one_line_and_a_traceback_only_on_request(run, monkeypatch):
    def fail(name):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(catalogue, "resolve", fail)
    monkeypatch.delenv("BAYESCALE_DEBUG", raising=False)
    code, _, err = run("laws", "power")
    assert code == 1
    assert err.count("\n") == 1
    assert "unexpected ZeroDivisionError: a bug" in err
    monkeypatch.setenv("BAYESCALE_DEBUG", "1")
    code, _, err = run("laws", "power")
    assert code == 1
    assert "Traceback" in err


def test_an_interruption_is_no_traceback(run, monkeypatch):
    def interrupt(name):
        raise KeyboardInterrupt

    monkeypatch.setattr(catalogue, "resolve", interrupt)
    assert run("laws", "power") == (130, "", "error: interrupted\n")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_has_help_with_an_example(ok, command):
    text = ok(command.name, "--help")
    assert f"usage: bayescale {command.name}" in text
    assert f"{command.says}\n" in text
    assert f"example:\n  bayescale {command.name}" in text
    assert command.name in ok()


@pytest.mark.parametrize(
    ("command", "name", "default", "typed", "value"),
    [
        ("fit RUNS --law power", "discrepancy", True, "--no-discrepancy", False),
        ("forecast RUNS --at x=1", "discrepancy", True, "--no-discrepancy", False),
        ("backtest RUNS --law power", "discrepancy", True, "--no-discrepancy", False),
        ("backtest RUNS --law power", "point_estimates", True, "--no-point-estimates", False),
        ("next-runs FIT", "per_cost", True, "--gain-alone", False),
        ("next-runs FIT", "refits", True, "--no-refits", False),
        ("next-runs FIT", "count", 1, "--count 3", 3),
        ("next-runs FIT", "at", [], "--at x=1 --at x=2", ["x=1", "x=2"]),
        ("plan FIT --budget 1", "tokens_served", None, "--tokens-served 3T", "3T"),
        ("plan FIT --budget 1", "mass", 0.9, "--mass 0.5", 0.5),
        ("report FIT", "output", Path("report.html"), "-o a.md", Path("a.md")),
        ("demo", "folder", Path("bayescale-demo"), "--output elsewhere", Path("elsewhere")),
    ],
)
def test_an_option_has_its_default_and_takes_what_is_typed(command, name, default, typed, value):
    words = command.split()
    for line, wanted in ((words, default), ([*words, *typed.split()], value)):
        found = getattr(parser().parse_args(line), name)
        assert (found, type(found)) == (wanted, type(wanted))


def test_the_version(ok):
    assert ok("--version") == f"bayescale {bs.__version__}\n"


def test_a_reader_that_leaves_early_is_no_failure():
    code = "import sys; from bayescale.cli.main import main; sys.exit(main(['laws', 'power']))"
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=writing, stderr=subprocess.PIPE, text=True
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_numbers_with_commas_part_no_point():
    assert options.points(["N=1,000,000, D = 1.4T"]) == {"N": ["1,000,000"], "D": ["1.4T"]}


# On a terminal -------------------------------------------------------------------------------


@pytest.fixture
def terminal(monkeypatch):
    """Make standard output a terminal of 80 columns, without colours."""

    def make():
        monkeypatch.setenv("TERM", "dumb")
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        monkeypatch.setenv("COLUMNS", "80")

    return make


def test_tables_are_drawn_on_a_terminal(ok, terminal):
    terminal()
    assert "──" in ok("laws")


@pytest.mark.parametrize(
    "command",
    [["laws"], ["laws", "power"], ["show", "FIT"], ["extrapolate", "FIT", "--at", "x=1M"]],
)
def test_a_terminal_of_80_columns_shows_every_number_whole(ok, fit_file, terminal, command):
    typed = [fit_file if word == "FIT" else word for word in command]
    plain = ok(*typed)
    terminal()
    drawn = ok(*typed)
    assert max(map(len, drawn.splitlines())) <= 80
    number = r"(?<![\w.])-?\d[\w.]*"
    assert set(re.findall(number, plain)) <= set(re.findall(number, drawn))


def test_words_wrap_and_numbers_do_not(terminal, capsys):
    terminal()
    words = " ".join(["word"] * 40)
    numbers = {f"number {k}": [f"{k}.123456789"] for k in range(3)}
    screen.table(
        {"name": ["share[alpha]"], **numbers, "meaning": [words]}, left=["name", "meaning"]
    )
    drawn = capsys.readouterr().out
    assert drawn.count("word") == 40
    (first,) = (line for line in drawn.splitlines() if "share[alpha]" in line)
    assert all(f"{k}.123456789" in first for k in range(3))


def test_more_numbers_than_fit_are_drawn_in_parts_beside_their_words(terminal, capsys):
    terminal()
    numbers = {f"number {k}": [f"{k}.123456789", "-"] for k in range(10)}
    screen.table({"name": ["one", "two"], **numbers}, left=["name"])
    drawn = capsys.readouterr().out
    assert max(map(len, drawn.splitlines())) <= 80
    assert drawn.count("one") == drawn.count("two") == drawn.count("name") == 2
    for name, (value, _) in numbers.items():
        assert drawn.count(name) == drawn.count(value) == 1


def test_sentences_break_between_words_and_keep_their_indent(terminal, capsys):
    terminal()
    screen.say("    " + " ".join(["sentence"] * 20) + "\n")
    *lines, last = capsys.readouterr().out.splitlines()
    assert (len(lines), last) == (3, "")
    assert all(line.startswith("    sentence") and len(line) <= 80 for line in lines)
