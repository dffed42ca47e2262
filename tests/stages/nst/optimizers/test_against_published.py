"""Optimizers on a toy loss, step by step, against numbers of the libraries that were used."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from vectors import normal, numbers

from stages.nst.optimizers import first_order, quasi_newton
from stages.nst.optimizers.averaging import Average
from stages.nst.optimizers.first_order import Betas
from stages.nst.optimizers.rates import rate_at

COUNT = 12
CURVES = torch.from_numpy(np.exp(np.linspace(-3, 3, COUNT)))
AT = torch.from_numpy(10 * normal(700, (COUNT,)))


class Toy:
    """sum(0.5 d (x-b)^2 + cos x + 0.01 (x-b)^4), and what it was at every evaluation."""

    def __init__(self) -> None:
        self.x, self.losses = torch.zeros(COUNT, dtype=torch.float64), []

    def __call__(self, x: Tensor) -> tuple[float, Tensor]:
        r = x - AT
        value = float((0.5 * CURVES * r**2 + torch.cos(x) + 0.01 * r**4).sum())
        self.losses.append(value)
        return value, CURVES * r - torch.sin(x) + 0.04 * r**3

    def gradient(self, x: Tensor) -> Tensor:
        return self(x)[1]

    def check(self, name: str) -> None:
        wanted = numbers()["optimisers"][name]
        assert self.losses == pytest.approx(wanted["losses"], rel=1e-9)
        assert self.x.tolist() == pytest.approx(wanted["x"], rel=1e-9)


def nothing(x: Tensor) -> None:
    pass


def rates(count: int, rate: float, **more: Any) -> list[float]:
    how = {"schedule": "exponential", "decay": 1.0, "decay_steps": 100} | more
    return [rate_at(step, count, rate, **how) for step in range(count)]


def test_the_exponential_schedule() -> None:
    wanted = numbers()["optimisers"][
        "keras exponential decay: learning rate at step 0,1,50,100,3999"
    ]
    found = rates(4000, 100, decay=0.96)
    assert [found[t] for t in (0, 1, 50, 100, 3999)] == pytest.approx(wanted)


def test_sgd() -> None:
    toy = Toy()
    first_order.sgd(toy.x, toy.gradient, rates(10, 1e-3, decay=0.96), nothing)
    toy.check("sgd 1e-3 * 0.96^(t/100), 10 steps")


@pytest.mark.parametrize(
    ("name", "rate", "decay", "betas"),
    [
        ("adam tf/torch7 lr 2 (log0), 10 steps", 2.0, 1.0, Betas(form="plain")),
        (
            "adam torch lr 0.02 betas .9 .99 (crowson), 10 steps",
            0.02,
            1.0,
            Betas(second=0.99),
        ),
        ("adam torch lr 2e-3 (nnst), 10 steps", 2e-3, 1.0, Betas()),
        (
            "adam keras lr 0.96^(t/100) beta1 .99 eps .1 (inetwork_tf), 10 steps",
            1.0,
            0.96,
            Betas(first=0.99, epsilon=0.1, form="plain"),
        ),
    ],
)
def test_adam(name: str, rate: float, decay: float, betas: Betas) -> None:
    toy = Toy()
    first_order.adam(toy.x, toy.gradient, rates(10, rate, decay=decay), betas, nothing)
    toy.check(name)


def test_rmsprop() -> None:
    toy = Toy()
    first_order.rmsprop(toy.x, toy.gradient, rates(10, 2e-3), Betas(second=0.99), nothing)
    toy.check("rmsprop torch lr 2e-3 (strotss), 10 steps")


@pytest.mark.parametrize(
    ("name", "history"),
    [
        ("lbfgs no line search, history 100, 30 iterations (30 evaluations)", 100),
        ("lbfgs no line search, history 5, 30 iterations", 5),
    ],
)
def test_lbfgs_without_a_search(name: str, history: int) -> None:
    toy = Toy()
    quasi_newton.unsearched(toy.x, toy, 30, history, nothing)
    wanted = numbers()["optimisers"][name]
    assert toy.losses == pytest.approx(wanted["losses"], rel=1e-6)
    assert toy.x.tolist() == pytest.approx(wanted["x"], rel=1e-6)


def test_scipys_search_begun_anew() -> None:
    toy, seen = Toy(), []
    quasi_newton.searched(toy.x, toy, 24, 6, lambda x: seen.append((len(toy.losses), x.clone())))
    wanted = numbers()["optimisers"][
        "scipy fmin_l_bfgs_b, maxfun 6, restarted four times (recipes: maxfun 20)"
    ]
    evaluations = np.cumsum([one["evaluations"] for one in wanted["outer"]])
    assert [count for count, _ in seen] == list(evaluations)
    assert toy.x.tolist() == pytest.approx(wanted["x"], rel=1e-5)


def test_an_average_has_no_bias_to_zero() -> None:
    average, one = Average(0.99), torch.tensor([3.0])
    average.add(one)
    assert float(average.value()) == pytest.approx(3.0)
    for _ in range(10):
        average.add(one)
    average.add(torch.tensor([4.0]))
    weights = 0.99 ** np.arange(11, -1, -1)
    wanted = weights @ ([3.0] * 11 + [4.0]) / weights.sum()
    assert float(average.value()) == pytest.approx(wanted)
