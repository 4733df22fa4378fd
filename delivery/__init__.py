"""How briefings arrive: who gets which, the archive of what was made, and what left for whom.

Knows neither Dagster nor a page; the command line, Dagster and pages ask it. What a briefing says
is the business of `reports/`, how a message leaves that of `response/`, who may see what that of
`access/`.
"""
