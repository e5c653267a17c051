"""Laws by name, by registration and by file, and what is said where that fails."""

from dataclasses import replace
from pathlib import Path

import pytest

from bayescale import catalogue
from bayescale.errors import InputError, LawError
from bayescale.law.law import Law
from bayescale.law.prior import Prior
from bayescale.law.response import Response
from bayescale.law.symbols import Exponent, Input, Shape, Weight

LAW_FILE = """
from bayescale.law.law import Exponent, Input, Law, Prior, Response, Weight

SLOPE = 1.0

def loss(N, floor, a, b):
    return floor + SLOPE * a * N**-b

LAW = Law(
    name="mine",
    version=1,
    function=loss,
    summary="a test",
    inputs=(Input("N", "parameters", "size"),),
    response=Response("L", "nats", "loss"),
    parameters=(
        Weight("floor", "floor"),
        Weight("a", "term"),
        Exponent("b", "power", Prior("LogNormal", mu=-1.0, sigma=0.5, why="a test")),
    ),
)
"""


@pytest.fixture(autouse=True)
def empty_register(monkeypatch):
    monkeypatch.setattr(catalogue, "_registered", {})


def make(power=1, version=1, sigma=0.5, name="mine", **more):
    prior = Prior("LogNormal", mu=-1.0, sigma=sigma, why="a test")
    parts = {
        "name": name,
        "version": version,
        "function": lambda x, c, a, b: c + a * x ** (-b * power),
        "summary": "a test",
        "inputs": (Input("x", "units", "a scale"),),
        "response": Response("y", "units", "a response"),
        "parameters": (Weight("c", "floor"), Weight("a", "term"), Exponent("b", "power", prior)),
    }
    return Law(**(parts | more))


def test_the_catalogue_is_what_lies_in_the_folder():
    files = {path.stem for path in (Path(__file__).parent.parent / "models").glob("[a-z]*.py")}
    assert set(catalogue.names()) == files
    assert {"pretraining", "posttraining", "inference", "chinchilla", "power", "latency"} <= files
    table = catalogue.table()
    assert list(table.index) == sorted(files)
    assert table.loc["chinchilla", "formula"] == "E + A*N**-alpha + B*D**-beta"
    assert table.loc["power", ["inputs", "response"]].tolist() == ["x", "y"]


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("pretraining", "L0 + alpha*N**-beta1 + gamma*D**-beta2 + delta*C**-beta3"),
        ("posttraining", "E0 + mu*N**-theta1 + nu*D_test**-theta2"),
        ("inference", "T0 + xi*N**-phi1 + eta*D_inf**-phi2 + kappa*C**-phi3"),
    ],
)
def test_the_three_laws_are_those_of_the_mission(name, formula):
    assert catalogue.resolve(name).formula == formula


def test_a_law_is_accepted_as_it_is():
    law = make()
    assert catalogue.resolve(law) is law


@pytest.mark.parametrize(("given", "near"), [("pretrainning", "pretraining"), ("Power", "power")])
def test_a_misspelt_name_gets_the_nearest(given, near):
    with pytest.raises(InputError, match=f"no law '{given}'. Did you mean '{near}'"):
        catalogue.resolve(given)


def test_a_strange_name_gets_the_list():
    with pytest.raises(InputError, match=r"no law 'zzz'. Known: .*chinchilla.*; or give the path"):
        catalogue.resolve("zzz")


def test_a_registered_law_is_found_and_listed():
    law = catalogue.register(make())
    assert catalogue.resolve("mine") is law
    assert "mine" in catalogue.table().index


def test_a_cell_run_again_registers_the_same_law():
    catalogue.register(make())
    again = catalogue.register(make())
    assert catalogue.resolve("mine") is again


def test_a_conversion_of_units_is_no_part_of_the_density():
    prior = Prior("LogNormal", mu=0.0, sigma=0.5, why="a test")

    def shaped():
        parameters = (
            Weight("a", "term"),
            Shape("d", "break", prior, lambda bent, ref: bent["d"] / ref["x"]),
        )
        return make(function=lambda x, a, d: a * (1 + d) / (1 + d * x), parameters=parameters)

    catalogue.register(shaped())
    catalogue.register(shaped())


@pytest.mark.parametrize("other", [{"power": 2}, {"sigma": 0.7}], ids=["formula", "prior"])
def test_another_density_needs_another_version(other):
    catalogue.register(make())
    with pytest.raises(LawError, match="'mine', version 1, is registered already"):
        catalogue.register(make(**other))
    newer = catalogue.register(make(version=2, **other))
    assert catalogue.resolve("mine") is newer


def test_a_shipped_name_is_taken():
    with pytest.raises(LawError, match="'power' is a law of bayescale itself"):
        catalogue.register(make(name="power"))
    catalogue.register(catalogue.resolve("power"))


def test_a_law_file_is_read(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(LAW_FILE)
    law = catalogue.resolve(path)
    assert law.formula == "floor + 1*a*N**-b"
    assert law({"N": 4.0}, {"floor": 1.0, "a": 2.0, "b": 0.5}) == 2.0
    assert catalogue.resolve(str(path)).name == "mine"
    assert list(tmp_path.iterdir()) == [path], "reading a law left something beside it"


def test_a_law_file_is_read_anew_each_time(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(LAW_FILE)
    catalogue.resolve(path)
    path.write_text(LAW_FILE.replace("mu=-1.0", "mu=-2.0"))
    assert catalogue.resolve(path).curvature[0].prior.parameters["mu"] == -2.0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", r"must define LAW = Law\(...\); it holds None"),
        ("LAW = 3", "it holds 3"),
        ("def f(:\n", "does not run: line 1: SyntaxError"),
        ("import bayescale\nLAW = Law()\n", "line 2: NameError: name 'Law'"),
        ("import no_such_module\n", "line 1: ModuleNotFoundError: No module named 'no_such"),
        ("\n1 / 0\n", "line 2: ZeroDivisionError"),
        ("raise KeyError('a')", "line 1: KeyError"),
        (LAW_FILE.replace("N, floor, a, b", "N, floor, a"), "declares b, which the formula does"),
        (LAW_FILE.replace("SLOPE * a", "SLOPE + a"), r"every weight \(floor, a\) times 2.5"),
        (LAW_FILE.replace("mu=-1.0, ", ""), "Prior LogNormal takes mu, sigma; it was given sigma"),
        (LAW_FILE.replace("version=1,", ""), "TypeError: .*version"),
    ],
)
def test_a_broken_law_file_has_its_sentence(tmp_path, text, says):
    path = tmp_path / "broken.py"
    path.write_text(text)
    with pytest.raises(LawError, match=f"(?s)broken.py.*{says}") as caught:
        catalogue.resolve(path)
    assert "\n" not in str(caught.value)


def test_files_that_are_no_law_files(tmp_path):
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "rubbish.py").write_bytes(b"\x00\xff" * 100)
    with pytest.raises(InputError, match=r"no law file '.*absent.py'"):
        catalogue.resolve(tmp_path / "absent.py")
    with pytest.raises(InputError, match=r"no law file '.*folder.py'"):
        catalogue.resolve(tmp_path / "folder.py")
    with pytest.raises(LawError, match=r"ends in .py; '.*law.txt' does not"):
        catalogue.resolve(str(tmp_path / "law.txt"))
    with pytest.raises(LawError, match="does not run"):
        catalogue.resolve(tmp_path / "rubbish.py")


def test_a_law_is_a_value():
    law = catalogue.resolve("power")
    assert replace(law) == law
    assert repr(law) == "Law('power', version=2, y = y0 + a*x**-b)"
