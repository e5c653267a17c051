"""The program that measured the shipped runs, for whoever wants to measure them again.

``python -m measure pretraining --out FOLDER --work FOLDER`` appends one
row per finished run and skips what is finished; it needs the extra ``bayescale[measure]``.
"""
