"""``bayescale fit``: from a table to a posterior, shown and saved."""

from __future__ import annotations

from argparse import Namespace

from bayescale.cli import screen
from bayescale.cli.options import output_file, pairs

PASSED, NOT_CONVERGED = 0, 1


def fit_table(given: Namespace) -> int:
    """Read, fit, save, print.

    Parameters
    ----------
    given : argparse.Namespace
        The options of ``bayescale fit``.

    Returns
    -------
    int
        0, or 1 if the sampler did not converge; the fit is saved all the same.
    """
    output_file(given.output)
    columns = pairs("--column", "N=n_params", given.column)
    derive = pairs("--derive", "C=6*N*D", given.derive)
    from bayescale.intervals import check_mass
    from bayescale.runs.runs import read_runs

    check_mass(given.mass)
    runs = read_runs(given.table, given.law, columns, derive, run=given.run, where=given.where)
    screen.problems(runs.problems)
    from bayescale.cli.show import as_values, print_fit
    from bayescale.posterior.fit import fit

    found = fit(
        runs, seed=given.seed, chains=given.chains, draws=given.draws, preview=given.preview
    )
    if given.output is not None:
        found.save(given.output)
    if given.json:
        saved = {"saved": str(given.output)} if given.output else {}
        screen.as_json(as_values(found, given.mass) | saved)
    else:
        print_fit(found, given.mass)
        screen.say(f"\nSaved to {given.output}." if given.output else "\nNot saved; see -o.")
    if found.diagnostics.passed:
        return PASSED
    screen.aside("error: the sampler did not converge; see the diagnostics before using this fit.")
    return NOT_CONVERGED
