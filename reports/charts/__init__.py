"""Charts for screen and paper: one Altair specification each, in one theme.

A `Figure` carries what a reader needs beside the picture: a title that states the finding, measure,
unit and period, an alternative sentence, and the data drawn. No chart asks for anything remote.
"""

from reports.charts.figure import Figure

__all__ = ["Figure"]
