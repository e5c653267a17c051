"""From a law and runs to a posterior; PyMC is imported here only, and only to fit."""
