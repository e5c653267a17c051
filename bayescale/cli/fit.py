r"""Fit a law to a table of runs.

example:
  bayescale fit runs.csv --law chinchilla --column N=n_params --column D=n_tokens \
      --column L=loss --where split=train -o fit.nc
"""

from __future__ import annotations

from argparse import Namespace

import bayescale as bs
from bayescale.cli import options, screen
from bayescale.cli.command import DONE, FAILED, file, option, picked, switch
from bayescale.cli.show import as_values, print_fit
from bayescale.intervals import check_mass

OPTIONS = (
    *options.TABLE,
    option("--law", "LAW", "a law's name, or its file", required=True),
    options.seed(1),
    option("--chains", None, "independent chains", default=4),
    option("--draws", None, "draws of each chain", default=1000),
    file("-o --output", "save the fit here: fit.nc"),
    switch("--preview", "a quick approximation, labelled as such"),
    options.NO_DISCREPANCY,
    *(options.MASS, options.JSON),
)


def run(given: Namespace) -> int:
    """Read, fit, save, print; a fit that did not converge is saved all the same."""
    check_mass(given.mass)
    runs = options.read_runs_of(given)
    found = bs.fit(runs, **picked(given, "seed chains draws preview discrepancy"))
    if given.output is not None:
        found.save(given.output)
    if given.json:
        saved = {"saved": str(given.output)} if given.output else {}
        screen.as_json(as_values(found, given.mass) | saved)
    else:
        print_fit(found, given.mass)
        screen.say(f"\nSaved to {given.output}." if given.output else "\nNot saved; see -o.")
    if found.diagnostics.passed:
        return DONE
    screen.aside(
        "error: the sampler did not converge; the diagnostics say what to do, and bayescale "
        "extrapolate --allow-unconverged shows a saved fit's forecast all the same."
    )
    return FAILED
