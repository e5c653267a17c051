"""The what-if of a page against Python's forecasts, for every law, in a real browser."""

import math
import re
from base64 import b64decode

import numpy as np
import pytest
from browser import complaints, open_page, requests
from fits import TRUTH, by_hand
from hypothesis import given
from hypothesis import strategies as st
from made import made, of_same_runs

import bayescale as bs
from bayescale import catalogue
from bayescale.decision.plan import plan as bs_plan
from bayescale.errors import InputError
from bayescale.expressions.javascript import FUNCTIONS, javascript
from bayescale.expressions.text import Text
from bayescale.forecast.assumptions import Assumptions
from bayescale.law.law import Law
from bayescale.law.prior import Prior
from bayescale.law.response import Response
from bayescale.law.symbols import Exponent, Input, Weight
from bayescale.numbers import format_number, parse_number
from bayescale.report.document import Document, Section
from bayescale.report.report import report
from bayescale.report.whatif import MOST_DRAWS, what_if
from bayescale.report.writing import write_html

POINTS = 20
ANSWERS = ("median", "lower50", "upper50", "lower90", "upper90", "probability", "reach")
# Turns one panel's boxes as a person does, and reads what the page says.
ASK = """
const [number, points, options] = arguments;
const panel = document.querySelectorAll("[data-panel]")[number];
const boxes = [...panel.querySelectorAll("[data-box]")];
const change = (item, value) => {
  item.value = value;
  item.dispatchEvent(new Event("input", {bubbles: true}));
};
return points.map((point, k) => {
  const {kind, limit} = options[k];
  panel.querySelector(`[data-kind][value=${kind}]`).click();
  change(panel.querySelector("[data-limit]"), limit);
  boxes.forEach((box, j) => change(box, point[j]));
  const answers = Object.fromEntries([...panel.querySelectorAll("[data-answer]")].map(
    (item) => [item.dataset.answer, item.dataset.value]));
  return {...answers, milliseconds: panel.dataset.milliseconds,
          fault: panel.querySelector("[data-fault]").textContent};
});
"""


def written(forecasters, path):
    blocks = tuple(what_if(item, Assumptions()) for item in forecasters)
    return write_html(Document("What if", "", (Section("what", "What if?", blocks),)), path)


def own_law():
    """A user's law with a minus before a power and names that mean something in JavaScript."""

    def function(new, log, this, var):
        return this * np.exp(-((1 + np.log1p(new)) ** var) + (1 + np.log(2.0)) ** var) + log * 1.0

    prior = Prior("LogNormal", mu=-1.0, sigma=0.3, why="made for a test")
    return Law(
        name="own",
        version=1,
        function=function,
        inputs=(Input("new", "steps", "steps"),),
        response=Response("await", "s", "seconds"),
        parameters=(
            Weight("log", "floor"),
            Weight("this", "what is lost"),
            Exponent("var", "how fast", prior),
        ),
        summary="made for a test",
    )


def forecasters():
    fits = [made(name, seed=k) for k, name in enumerate(catalogue.names())]
    named = made("chinchilla", seed=50, n_groups=5)
    derived = made("pretraining", seed=51, derive={"C": "6*N*D"})
    return {
        **{fit.law.name: fit for fit in fits},
        "chinchilla of named runs": named,
        "pretraining with C derived": derived,
        "own": made(own_law(), seed=52),
    }


@pytest.fixture(scope="module")
def fits():
    return forecasters()


@pytest.fixture(scope="module")
def page(fits, tmp_path_factory):
    return written(fits.values(), tmp_path_factory.mktemp("what-if") / "all.html")


def random_points(fit, rng):
    """Points within the sliders' reach, and somewhat below the runs too."""
    controls = what_if(fit, Assumptions()).data["inputs"]
    values = {}
    for c in controls:
        values[c["symbol"]] = 10 ** rng.uniform(c["lowest"] - 1, c["highest"], POINTS)
    for item in fit.law.inputs:
        if item.at_most:
            values[item.symbol] = values[item.at_most] * 10 ** rng.uniform(-3, 0, POINTS)
        if item.zero:
            values[item.symbol][0] = 0.0
    return values


def python_answers(forecaster, point, kind, limit):
    at = forecaster.extrapolate(point, kind=kind)
    inner, outer = at.interval(0.5).iloc[0], at.interval(0.9).iloc[0]
    return {
        "median": at.table["median"].iloc[0],
        **{"lower50": inner["lower"], "upper50": inner["upper"]},
        **{"lower90": outer["lower"], "upper90": outer["upper"]},
        "probability": at.probability(limit).iloc[0],
        "reach": at.reach[0],
    }


def compared(driver, number, forecaster, seed):
    """Largest relative difference between page and Python, and the page's slowest answer."""
    rng = np.random.default_rng(seed)
    law = getattr(forecaster, "law", None) or forecaster.fits[0].law
    values = random_points(getattr(forecaster, "fits", [forecaster])[0], rng)
    points = [{s: float(values[s][k]) for s in law.input_symbols} for k in range(POINTS)]
    options = []
    for k, point in enumerate(points):
        option = {"kind": ("run", "mean")[k % 2]}
        middle = forecaster.extrapolate(point, kind="mean").table["median"].iloc[0]
        options.append(option | {"limit": float(middle * np.exp(rng.normal(0, 0.05)))})
    asked = [[repr(point[s]) for s in law.input_symbols] for point in points]
    typed = [option | {"limit": repr(option["limit"])} for option in options]
    found = driver.execute_script(ASK, number, asked, typed)
    worst = 0.0
    for point, option, answer in zip(points, options, found, strict=True):
        assert answer["fault"] == ""
        for name, expected in python_answers(forecaster, point, **option).items():
            error = abs(float(answer[name]) - expected) / max(abs(expected), 1e-9)
            # A reach of nothing and a probability of nothing have no relative error.
            if name in ("reach", "probability"):
                error = abs(float(answer[name]) - expected)
            assert error <= 1e-6, (name, point, option, answer[name], expected)
            worst = max(worst, error)
    return worst, max(float(answer["milliseconds"]) for answer in found)


def test_the_page_says_what_python_says_for_every_law(browser, page, fits):
    open_page(browser, page)
    found = {
        name: compared(browser, number, fit, seed=number)
        for number, (name, fit) in enumerate(fits.items())
    }
    worst, slowest = (max(numbers) for numbers in zip(*found.values(), strict=True))
    print(f"largest difference {worst:.1e}, slowest {slowest}")
    # The page takes elasticities from differences, Python from a complex step.
    assert worst < 1e-7
    # 50 ms are promised of a quiet machine.
    assert slowest < 250
    assert complaints(browser) == []
    assert requests(browser) == []


@pytest.mark.parametrize("weights", [(0.7, 0.3), (0.999, 0.001), (0.0, 1.0)])
def test_an_average_is_the_mixture_of_its_laws(browser, tmp_path, weights):
    parts = [made(name, seed=7) for name in ("chinchilla", "coupled")]
    parts[1] = of_same_runs(parts[1], parts[0])
    whole = bs.average(parts, weights=list(weights))
    shown = what_if(whole, Assumptions())
    sizes = [len(b64decode(part["draws"]["noise"])) / 8 for part in shown.data["parts"]]
    assert sizes == [1000 * weight for weight in weights if weight]
    assert shown.n_draws == 1000
    open_page(browser, written([whole], tmp_path / "average.html"))
    worst, _ = compared(browser, 0, whole, seed=3)
    # The page takes elasticities from differences, Python from a complex step.
    assert worst < 1e-7
    assert complaints(browser) == []


def test_a_budget_sets_the_inputs_to_the_plans_design(browser, tmp_path):
    rng = np.random.default_rng(0)
    raw = {k: v * np.exp(0.03 * rng.normal(size=400)) for k, v in TRUTH["chinchilla"].items()}
    fit = by_hand("chinchilla", raw)
    plan = bs_plan(fit, budget=1e22)
    open_page(browser, report([plan], tmp_path / "plan.html"))
    shown = browser.execute_script(
        """
        const slider = document.querySelector("[data-budget]");
        slider.value = slider.max;
        slider.dispatchEvent(new Event("input", {bubbles: true}));
        return [document.querySelector("dl[data-budget-row]:not([hidden])").innerText,
                document.querySelector("[data-answer=median]").dataset.value];
        """
    )
    row = plan.frontier.iloc[-1]
    assert "1e24 FLOPs" in shown[0]
    assert format_number(row["N"]) in shown[0]
    at = {"N": row["N"], "D": row["D"]}
    assert float(shown[1]) == pytest.approx(fit.extrapolate(at).table["median"][0], rel=1e-6)
    assert complaints(browser) == []


def test_a_slider_moves_the_numbers_and_a_derived_input_follows(browser, tmp_path):
    fit = made("pretraining", seed=51, derive={"C": "6*N*D"})
    open_page(browser, written([fit], tmp_path / "page.html"))
    slide = """
    const [place, value] = arguments;
    const slider = document.querySelectorAll("[data-slider]")[place];
    slider.value = value;
    slider.dispatchEvent(new Event("input", {bubbles: true}));
    return [...document.querySelectorAll("[data-box]")].map((box) => box.value).concat(
      document.querySelector("[data-answer=median]").dataset.value);
    """
    N, D, C, median = browser.execute_script(slide, 0, 9.5)
    assert parse_number(N) == pytest.approx(10**9.5, rel=5e-3)
    assert parse_number(C) == pytest.approx(6 * parse_number(N) * parse_number(D), rel=2e-3)
    at = {"N": parse_number(N), "D": fit.curve.reference["D"]}
    assert float(median) == pytest.approx(fit.extrapolate(at).table["median"].iloc[0], rel=1e-6)
    # Once moved itself, it no longer follows.
    assert parse_number(browser.execute_script(slide, 2, 14)[2]) == 1e14
    assert parse_number(browser.execute_script(slide, 0, 7)[2]) == 1e14


def test_a_number_that_makes_no_sense_is_refused_in_words(browser, tmp_path):
    open_page(browser, written([made("data_limited")], tmp_path / "page.html"))
    option = [{"kind": "run", "limit": ""}]
    for point, says in (
        (["many", "1e6", "1e6"], "N must be a number above zero"),
        (["1e6", "-3", "1e6"], "D must be a number above zero"),
        (["1e6", "1e6", "2e6"], "U is never more than D"),
    ):
        (answer,) = browser.execute_script(ASK, 0, [point], option)
        assert says in answer["fault"]
        assert answer["median"] == "NaN"


def test_the_page_reads_and_writes_numbers_as_python_does(browser, page):
    open_page(browser, page)
    texts = ["70B", "1.4T", "5.9e23", "1,000", ".5", "3k", "12 M", "7e10"]
    wrong = ["", "B", "1,00", "1e", "0x10", "1.2.3", "N", "1e5e5"]
    # The page's own functions are not global: what a box was understood as is asked for.
    ask = """
    return arguments[0].map((text) => {
      const box = document.querySelector("[data-box]");
      box.value = text;
      box.dispatchEvent(new Event("input", {bubbles: true}));
      box.dispatchEvent(new Event("change", {bubbles: true}));
      return [document.querySelector("[data-fault]").textContent, box.value];
    });
    """
    for text, (fault, shown) in zip(texts, browser.execute_script(ask, texts), strict=True):
        assert fault == ""
        assert shown == format_number(parse_number(text), 4)
    assert all(fault for fault, _ in browser.execute_script(ask, wrong))


def test_the_answer_is_there_within_50_ms_of_a_change(browser, page, fits):
    open_page(browser, page)
    times = []
    for number in range(len(fits)):
        symbols = what_if(list(fits.values())[number], Assumptions()).data["inputs"]
        point = [[repr(c["start"] * (1 + k / 10)) for c in symbols] for k in range(10)]
        option = [{"kind": "run", "limit": "1"}] * 10
        found = browser.execute_script(ASK, number, point, option)
        times.append(np.median([float(answer["milliseconds"]) for answer in found]))
    print(f"median milliseconds per change, by law: {np.round(times, 1)}")
    # A generous multiple: the machine may be busy.
    assert max(times) < 200


# From here on without a browser.


@given(st.data())
def test_a_formula_means_in_javascript_what_it_means_in_python(data):
    """The translation keeps the order of operations: it is evaluated by Python's own rules."""
    leaves = st.sampled_from(["a", "b", "2.0", "0.5"])
    texts = st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "**"]), inner).map(
                lambda t: f"({t[0]}) {t[1]} ({t[2]})"
            ),
            inner.map(lambda t: f"-({t})"),
            inner.map(lambda t: f"abs({t})"),
        ),
        max_leaves=8,
    )
    text = data.draw(texts)
    values = {"a": 1.3, "b": 0.7}
    drawn = str(eval(text, {"abs": abs}, {name: Text(name) for name in values}))
    code = javascript(drawn, {"a": "x[0]", "b": "x[1]"})
    # Every operand is in brackets, so that the two languages' orders of operation agree.
    assert not re.search(r"(?<![(*\w])-\w[^()]*\*\*", code)

    def evaluate(source, names):
        try:
            return complex(eval(source, {"abs": abs, "Math": Functions}, names))
        except (OverflowError, ZeroDivisionError):
            return None

    expected, found = evaluate(text, values), evaluate(code, {"x": [1.3, 0.7]})
    assert (expected is None) == (found is None)
    if expected is not None and np.isfinite(expected):
        assert found == pytest.approx(expected, rel=1e-12)


class Functions:
    """JavaScript's Math, as far as the test above goes."""

    abs = abs


def test_a_minus_before_a_power_has_brackets():
    assert javascript("-a**2", {"a": "x"}) == "(-(x ** 2.0))"
    assert javascript("a**-b**2", {"a": "x", "b": "y"}) == "(x ** (-(y ** 2.0)))"


@pytest.mark.parametrize(
    "text",
    [
        "alert(1)",
        "a.constructor",
        "a[0]",
        "'text'",
        "a if a else a",
        "lambda: a",
        "a; a",
        "a //1",
        "__import__('os')",
        "a and a",
        "True",
        "exp(a, a)",
        "missing",
        "(",
        "a</script>",
    ],
)
def test_nothing_but_arithmetic_becomes_a_program(text):
    with pytest.raises(InputError, match="cannot be evaluated in a browser"):
        javascript(text, {"a": "x"})


def test_the_functions_are_numpys_and_javascripts(browser, tmp_path):
    x = 0.37
    names = [name for name in FUNCTIONS if name != "arccosh"]
    codes = [javascript(f"{name}(a)", {"a": "x"}) for name in names]
    open_page(browser, written([made("power")], tmp_path / "page.html"))
    # CDP evaluates beside the page's policy.
    array = ", ".join(codes)
    found = browser.execute_cdp_cmd(
        "Runtime.evaluate",
        {"expression": f"(() => {{ const x = {x}; return JSON.stringify([{array}]); }})()"},
    )
    values = [float(v) for v in found["result"]["value"].strip("[]").split(",")]
    for name, value in zip(names, values, strict=True):
        assert value == pytest.approx(float(getattr(np, name)(x)), rel=1e-12), name


def test_a_law_that_browsers_cannot_evaluate_is_told():
    law = own_law()

    def function(new, log, this, var):
        return log + this * np.exp2(-var * np.log2(new))

    odd = Law(
        name="odd",
        version=1,
        function=function,
        inputs=law.inputs,
        response=law.response,
        parameters=law.parameters,
        summary="with a function that is not on the list",
    )
    with pytest.raises(InputError, match=r"exp2\(.*cannot be evaluated in a browser"):
        what_if(made(odd), Assumptions())


def test_more_draws_than_a_page_carries_are_thinned_and_told():
    raw = TRUTH["power"] | {"a": np.full(MOST_DRAWS + 100, 3.0)}
    found = what_if(by_hand("power", raw), Assumptions())
    assert found.n_draws == MOST_DRAWS
    assert str(MOST_DRAWS + 100) in found.notes[0]
    few = what_if(by_hand("power", TRUTH["power"] | {"a": np.full(1000, 3.0)}), Assumptions())
    assert few.n_draws == 1000
    assert few.notes == ()


def test_sliders_reach_three_decades_beyond_the_runs_and_to_the_target():
    fit = by_hand("power", TRUTH["power"])
    (plain,) = what_if(fit, Assumptions()).data["inputs"]
    assert plain["highest"] == pytest.approx(math.log10(plain["high"]) + 3, abs=0.1)
    (far,) = what_if(fit, Assumptions(), {"x": 1e13}).data["inputs"]
    assert far["highest"] >= 13
    assert far["start"] == 1e13
