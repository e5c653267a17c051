"""Laws as values: a formula, its symbols, its priors. No PyMC here."""

from bayescale.law import ops as ops
from bayescale.law.discrepancy import DISCREPANCY as DISCREPANCY
from bayescale.law.discrepancy import Discrepancy as Discrepancy
from bayescale.law.law import Law as Law
from bayescale.law.noise import Noise as Noise
from bayescale.law.prior import Prior as Prior
from bayescale.law.response import Response as Response
from bayescale.law.symbols import Exponent as Exponent
from bayescale.law.symbols import Input as Input
from bayescale.law.symbols import Shape as Shape
from bayescale.law.symbols import Weight as Weight
