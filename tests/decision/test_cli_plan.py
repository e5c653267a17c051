"""``bayescale plan``: what it prints, what it writes, and one line for each failure."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from bayescale.cli.main import main
from bayescale.decision.limits import Limit
from bayescale.decision.plan import plan
from bayescale.law.prior import Prior

BUDGET = "1e23"


@pytest.fixture(scope="module")
def files(loss, latency, tmp_path_factory):
    """Both posteriors as saved fits."""
    folder = tmp_path_factory.mktemp("fits")
    return {
        name: fit.save(folder / f"{name}.nc") for name, fit in (("loss", loss), ("time", latency))
    }


@pytest.fixture
def run(files, capsys):
    def call(*arguments):
        code = main(["plan", str(files["loss"]), *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_it_says_the_plan_and_its_tables(run, loss):
    code, out, err = run("--budget", BUDGET, "--risk", "cvar(0.9)")
    assert code == 0, err
    assert plan(loss, budget=1e23, risk="cvar(0.9)").text in out
    assert "within 0.5%" in out
    assert "By the mean: N = " in out
    assert "equal-tailed 90%" in out


def test_json_is_the_same_plan(run, loss, tmp_path):
    table, picture = tmp_path / "plan.csv", tmp_path / "plan.png"
    code, out, err = run(
        *("--budget", BUDGET, "--limit", "N<=5B", "--target", "2.2", "--probability", "0.8"),
        *("--json", "--csv", table, "--plot", picture),
    )
    assert code == 0, err
    found = json.loads(out)
    wanted = plan(loss, budget=1e23, limits=["N<=5B"], target=2.2, probability=0.8)
    assert found["choice"]["N"] == pytest.approx(wanted.choice["N"])
    assert found["limits"]["N<=5B"]["binds"] is True
    assert found["smallest"]["budget"] == pytest.approx(wanted.smallest.budget.amount)
    assert found["interval"] == "equal-tailed"
    assert found["mass"] == 0.9
    assert len(pd.read_csv(table)) == len(wanted.table)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_money_demand_and_limits_on_other_fits(run, loss, latency, files):
    code, out, err = run(
        *("--budget", "$400K", "--price-per-hour", "2", "--peak-flops", "989T"),
        *("--utilisation", "0.4", "--tokens-served", "1T", "--box", "N=1B..1T"),
        *("--limit", f"{files['time']}:y<0.025@0.9,x=N", "--json"),
    )
    assert code == 0, err
    found = json.loads(out)
    assert found["budget"] == {"amount": 4e5, "unit": "$"}
    n = found["choice"]["N"]
    forecast = latency.extrapolate({"x": n})
    assert forecast.probability(0.025).item() >= 0.9 - 1e-6


def test_limits_on_one_file_are_in_the_same_scenarios(run, loss, latency, files):
    texts = [f"{files['time']}:y<{below}@0.5,x=N" for below in (0.024, 0.026)]
    code, out, err = run("--budget", BUDGET, "--limit", texts[0], "--limit", texts[1], "--json")
    assert code == 0, err
    both = [row["probability"] for row in json.loads(out)["limits"].values()][-1]
    limits = [Limit(latency, below, 0.5, {"x": "N"}) for below in (0.024, 0.026)]
    wanted = plan(loss, budget=float(BUDGET), limits=limits).limits["probability"].iloc[-1]
    assert both == pytest.approx(wanted, rel=1e-6)


BAD = [
    (["--budget", "0"], "A budget must be positive"),
    (["--budget", "$1M"], "price_per_hour"),
    (["--budget", "1e23", "--risk", "var"], "choose from mean"),
    (["--budget", "1e23", "--limit", "Q<=1"], "this plan knows N, D"),
    (["--budget", "1e23", "--limit", "{time}:T<1@0.9"], "is y, not T"),
    (["--budget", "1e23", "--limit", "{time}:y<1"], "is not FIT:RESPONSE<VALUE@PROBABILITY"),
    (["--budget", "1e23", "--limit", "{time}:y<1@0.9"], "needs x"),
    (["--budget", "1e23", "--box", "N"], "--box"),
    (["--budget", "1e23", "--plot", "nowhere/plan.png"], "there is no folder"),
    (["--budget", "1e23", "--train", "6*N*Z"], "--train"),
    ([], "--budget"),
]


@pytest.mark.parametrize(("arguments", "told"), BAD)
def test_bad_input_is_one_line_and_exit_code_two(run, files, arguments, told):
    code, out, err = run(*(text.replace("{time}", str(files["time"])) for text in arguments))
    assert (code, out) == (2, "")
    assert told in err
    assert len(err.splitlines()) == 1


def test_what_cannot_be_met_is_exit_code_one(run):
    code, _, err = run("--budget", BUDGET, "--limit", "N<=1")
    assert code == 1
    assert "No design under 1e23 FLOPs keeps N<=1" in err


def test_a_plan_loads_no_sampler(files, tmp_path):
    code = (
        "from bayescale.cli.main import main\n"
        f"assert main(['plan', {str(files['loss'])!r}, '--budget', '1e23']) == 0\n"
        "import sys; print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    heavy = {"pymc", "pytensor", "nutpie", "numba", "arviz", "arviz_stats", "matplotlib"}
    assert not set(done.stderr.split()) & (heavy | {"scipy.stats"})


def test_gophers_budget_on_the_published_runs(shared):
    """The law as it was published, held and with noise of one scale, says what was published.

    Model size within reach of Hoffmann's 67 to 70 billion, exponent of Besiroglu's .513.
    """
    import bayescale as bs

    table = shared / "chinchilla_epoch" / "chinchilla_epoch.csv"
    columns = {"N": "n_params", "D": "n_tokens", "L": "loss"}
    runs = bs.read_runs(table, "chinchilla", columns, where="epoch_outlier=0")
    one_scale = Prior("Normal", mu=0.0, sigma=1e-4, why="noise of one scale, as published")
    options = {"priors": {"noise_trend": one_scale}, "discrepancy": False, "seed": 1}
    fit = bs.fit(runs, preview=True, **options)
    found = plan(fit, budget=5.76e23, allow_unconverged=True)
    row = found.optimum.loc["N*"]
    assert row["lower"] < 70e9 < row["upper"]
    assert found.choice["N"] == pytest.approx(70e9, rel=0.1)
    growth = found.optimum.loc["exponent of N*"]
    assert abs(growth["median"] - 0.513) < 0.02
    assert np.log(row["upper"] / row["lower"]) < 0.6
