"""Costs: arithmetic by hand, units, and what is refused."""

import numpy as np
import pytest

from bayescale.decision.cost import Budget, Cost, read_budget
from bayescale.errors import InputError
from bayescale.law.prior import Prior

DESIGN = {"N": "70B", "D": "1.4T"}
PRICED = {"price_per_hour": 2, "peak_flops": "989T", "utilisation": 0.4}


def test_training_and_serving_by_hand():
    cost = Cost(tokens_served="3T", **PRICED)
    assert cost.training_flops(DESIGN) == pytest.approx(6 * 70e9 * 1.4e12)
    assert cost.flops(DESIGN) == pytest.approx(6 * 70e9 * 1.4e12 + 2 * 70e9 * 3e12)
    hours = cost.flops(DESIGN) / (989e12 * 0.4) / 3600
    assert cost.money(DESIGN) == pytest.approx(2 * hours)


def test_serving_may_be_less_efficient():
    cost = Cost(tokens_served="3T", **PRICED, serving_utilisation=0.1)
    plain = Cost(**PRICED).money(DESIGN)
    serving = 2 * 70e9 * 3e12 / (989e12 * 0.1) / 3600 * 2
    assert cost.money(DESIGN) == pytest.approx(plain + serving)


def test_demand_is_one_number_per_scenario():
    prior = Prior("LogNormal", mu=np.log(3e12), sigma=0.5, why="a test")
    demand = Cost(tokens_served=prior).demand(20_000)
    assert np.median(demand) == pytest.approx(3e12, rel=0.02)
    flops = Cost(tokens_served=prior).flops({"N": np.array([1e9, 2e9]), "D": 1e12}, demand[:, None])
    assert flops.shape == (20_000, 2)
    np.testing.assert_allclose(flops[:, 1], 2 * flops[:, 0])
    own = np.array([1e12, 2e12, 3e12])
    assert Cost(tokens_served=own).demand(3).tolist() == own.tolist()
    assert set(Cost(tokens_served=own).demand(50)) == set(own)
    with pytest.raises(InputError, match="uncertain"):
        Cost(tokens_served=own).flops(DESIGN)


def test_budgets_as_people_write_them():
    assert read_budget("$2M") == Budget(2e6, "$")
    assert read_budget("1e24") == read_budget(1e24) == Budget(1e24)
    assert str(read_budget("$2M")) == "$2M"
    assert str(Budget(5.76e23)) == "5.76e23 FLOPs"
    for wrong in (0, -1e24, "$0", "-3", "nan", "lots", None):
        with pytest.raises(InputError):
            read_budget(wrong)


def test_what_is_missing_for_money_is_named():
    with pytest.raises(InputError, match="peak_flops and utilisation are missing"):
        Cost(price_per_hour=2).money(DESIGN)
    with pytest.raises(InputError, match="; utilisation is missing"):
        Cost(price_per_hour=2, peak_flops="989T").money(DESIGN)


@pytest.mark.parametrize(
    "wrong",
    [
        {"price_per_hour": 0},
        {"peak_flops": "-1"},
        {"utilisation": 1.2},
        {"utilisation": "much"},
        {"tokens_served": -1},
        {"tokens_served": [1e12, np.nan]},
        {"tokens_served": []},
        {"tokens_served": Prior("Normal", mu=1e12, sigma=1e12, why="a test")},
        {"train": "6*N**"},
        {"train": "__import__('os')"},
    ],
)
def test_what_is_out_of_range_is_refused(wrong):
    with pytest.raises(InputError):
        Cost(**wrong)


def test_a_formula_that_names_no_input_is_refused_with_the_inputs():
    with pytest.raises(InputError, match=r"names D, .* of 'posttraining'.*N, D_test"):
        Cost().check(["N", "D_test"], "posttraining")
    Cost("6*N*D_test").check(["N", "D_test"], "posttraining")
    with pytest.raises(InputError, match="tokens"):
        Cost("6*N*tokens").check(["N", "D"], "chinchilla")
