"""What is quick stays quick: sampling and plotting libraries are loaded only when used."""

import subprocess
import sys

import pytest

import bayescale as bs

SAMPLERS = {"pymc", "pytensor", "nutpie", "numba", "jax"}
HEAVY = SAMPLERS | {"arviz", "arviz_stats", "matplotlib", "scipy.stats"}
TABLES = {"pandas", "xarray"}


def loaded_by(code, cwd):
    """Modules of a fresh interpreter after some code ran in it."""
    code += "\nimport sys; print('\\n'.join(sys.modules), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


def command(*arguments):
    return f"from bayescale.cli.main import main\nassert main({list(map(str, arguments))!r}) == 0"


@pytest.mark.parametrize(
    "code",
    ["import bayescale", command("--help"), command("laws"), command("laws", "pretraining")],
)
def test_what_needs_no_table_loads_no_table_library(code, tmp_path):
    found = loaded_by(code, tmp_path)
    assert not found & (HEAVY | TABLES)


def test_looking_at_a_fit_loads_no_sampler(fit_file, tmp_path):
    found = loaded_by(command("show", fit_file), tmp_path)
    assert not found & HEAVY
    found = loaded_by(command("extrapolate", fit_file, "--at", "x=1M"), tmp_path)
    assert not found & HEAVY


def test_the_check_sees_what_a_fit_loads(fit_file, tmp_path):
    assert loaded_by("import bayescale, pymc", tmp_path) >= {"pymc", "pytensor"}


def test_every_public_name_is_there_and_documented():
    assert set(bs.__all__) <= set(dir(bs))
    for name in bs.__all__:
        assert getattr(bs, name).__doc__, name


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = bs.nothing


def test_the_room_of_laws_does_not_hide_the_function():
    code = "import bayescale.law.law, bayescale as bs\nassert bs.law('power').name == 'power'"
    subprocess.run([sys.executable, "-c", code], check=True)
