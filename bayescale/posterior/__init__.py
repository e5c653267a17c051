"""From a law and runs to a posterior; PyMC is imported here only, and only to fit."""

from bayescale.posterior.fit import Fit, fit
from bayescale.posterior.identifiability import identifiability
from bayescale.posterior.parameters import Belief
from bayescale.posterior.store import load

__all__ = ["Belief", "Fit", "fit", "identifiability", "load"]
