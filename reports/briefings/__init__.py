"""What each kind of briefing says: facts and figures in, the parts of a paper out.

A writer knows one publication, one scope and one span of days; `reports/briefing.py` calls it once
a language. No writer knows how a block looks.
"""
