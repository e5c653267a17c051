"""Which question columns and a target pose, and what is said where they pose none or several."""

import numpy as np
import pandas as pd
import pytest

from bayescale import catalogue, datasets
from bayescale.catalogue import shelves
from bayescale.errors import InputError
from bayescale.runs.question import find_question

RNG = np.random.default_rng(3)
SIZE = 24
LOSS = {"chinchilla", "coupled", "kaplan"}


def log_uniform(low, high):
    return np.exp(RNG.uniform(np.log(low), np.log(high), SIZE))


@pytest.fixture(scope="module")
def losses():
    """Runs of N and D that are independent of each other."""
    table = pd.DataFrame({"N": log_uniform(1e7, 1e9), "D": log_uniform(1e9, 1e11)})
    return table.assign(L=1.8 + 480 * table["N"] ** -0.35 + 2000 * table["D"] ** -0.37)


def laws_of(question):
    return {law.name for law in question.shelf.laws}


def test_every_law_stands_on_one_shelf_with_those_of_its_inputs_and_response():
    found = shelves()
    every = [law.name for shelf in found for law in shelf.laws]
    assert sorted(every) == sorted(catalogue.names())
    for shelf in found:
        assert {(law.input_symbols, law.response.symbol) for law in shelf.laws} == {
            (shelf.inputs, shelf.response)
        }


@pytest.mark.parametrize(
    ("columns", "at", "laws"),
    [
        ("N D L", "N D", LOSS),
        ("N D U L", "N D U", {"data_limited"}),
        ("N D C L", "N D C", {"pretraining"}),
        ("N D_test E", "N D_test", {"posttraining"}),
        ("D_test E", "D_test", {"rectified"}),
        ("N D_inf C T", "N D_inf C", {"inference", "latency"}),
        ("x y", "x", {"power", "broken", "shifted"}),
    ],
)
def test_columns_pose_the_question_of_their_laws(columns, at, laws):
    table = pd.DataFrame({name: log_uniform(1e2, 1e4) for name in columns.split()})
    if "U" in table:
        table["U"] = table["D"] * RNG.uniform(0.1, 1, SIZE)
    found = find_question(table, at.split())
    assert laws_of(found) == laws
    assert found.left_out == ()
    assert [len(runs) for runs in found.tables] == [SIZE] * len(laws)


def test_compute_that_follows_from_size_and_data_adds_nothing_and_is_left_out(losses):
    derived = find_question(losses, ["N", "D"], derive={"C": "6*N*D"})
    # As people count it: with a share that is not 6*N*D.
    rough = losses.assign(C=6.3 * losses["N"] * losses["D"] * RNG.uniform(0.97, 1.03, SIZE))
    given = find_question(rough, ["N", "D", "C"])
    for found in (derived, given):
        assert laws_of(found) == LOSS
        assert found.left_out == ("C",)
        (note,) = found.notes
        assert note.severity == "note"
        assert "adds nothing" in note.message
    # Nobody asked for it: nothing to say.
    assert find_question(rough, ["N", "D"]).notes == ()


def test_an_input_that_varies_by_itself_is_taken_or_its_absence_is_a_warning(losses):
    table = losses.assign(C=log_uniform(1e17, 1e20))
    assert laws_of(find_question(table, ["N", "D", "C"])) == {"pretraining"}
    found = find_question(table, ["N", "D"])
    assert laws_of(found) == LOSS
    (note,) = found.notes
    assert note.severity == "warning"
    assert "--law pretraining" in note.message


def test_an_input_that_never_changes_or_cannot_be_read_is_left_out(losses):
    one_model = pd.DataFrame({"N": 1e9, "D_test": log_uniform(1e2, 1e5)})
    one_model["E"] = 0.1 + one_model["D_test"] ** -0.3
    found = find_question(one_model, ["N", "D_test"])
    assert laws_of(found) == {"rectified"}
    holes = losses.assign(C=np.where(np.arange(SIZE) == 3, np.nan, 1e20))
    found = find_question(holes, ["N", "D", "C"])
    assert laws_of(found) == LOSS
    assert "C is left out" in found.notes[0].message


def test_the_target_tells_questions_apart(losses):
    table = losses.assign(D_test=log_uniform(1e2, 1e5), E=lambda t: t["D_test"] ** -0.2)
    assert laws_of(find_question(table, ["N", "D"])) == LOSS
    assert laws_of(find_question(table, ["N", "D_test"])) == {"posttraining"}


def test_what_the_target_does_not_tell_apart_is_refused_with_laws_to_type(losses):
    table = losses.assign(E=losses["L"] / 10, D_test=losses["D"])
    with pytest.raises(InputError, match="2 questions") as refused:
        find_question(table, ["N"])
    told = str(refused.value)
    assert "--law chinchilla --law coupled --law kaplan" in told
    assert "--law posttraining" in told
    # What was typed so is taken.
    assert laws_of(find_question(table, ["N"], ["posttraining"])) == {"posttraining"}


def test_columns_that_pose_no_question_are_told_what_would(losses):
    table = losses.set_axis(["n_params", "n_tokens", "loss"], axis=1)
    with pytest.raises(InputError, match="pose no question") as refused:
        find_question(table, ["N", "D"])
    told = str(refused.value)
    assert all(repr(name) in told for name in table)
    assert all(str(shelf) in told for shelf in shelves())
    assert "--column N=n_params --column D=n_tokens --column L=loss" in told
    mapped = {"N": "n_params", "D": "n_tokens", "L": "loss"}
    assert f"columns={mapped}" in told
    assert laws_of(find_question(table, ["N", "D"], columns=mapped)) == LOSS


def test_columns_of_no_known_name_are_offered_as_one_curve(losses):
    table = losses[["D", "L"]].set_axis(["seen", "score"], axis=1)
    with pytest.raises(InputError, match=r"--column x=seen --column y=score"):
        find_question(table, ["seen"])
    found = find_question(table, ["x"], columns={"x": "seen", "y": "score"})
    assert laws_of(found) == {"power", "broken", "shifted"}


def test_laws_of_several_questions_do_not_forecast_together(losses):
    with pytest.raises(InputError, match="power: y from x; chinchilla, coupled: L from N and D"):
        find_question(losses, ["N", "D"], ["chinchilla", "coupled", "power"])
    with pytest.raises(InputError, match="No law is given"):
        find_question(losses, ["N", "D"], [])


@pytest.mark.parametrize(
    ("name", "at", "laws"),
    [
        ("pretraining", "N D C", {"pretraining"}),
        ("pretraining", "N D", LOSS),
        ("posttraining", "N D_test", {"posttraining"}),
        ("inference", "N D_inf C", {"inference", "latency"}),
    ],
)
def test_the_runs_that_ship_pose_their_questions(name, at, laws):
    assert laws_of(find_question(datasets.path(name), at.split())) == laws
