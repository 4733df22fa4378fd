"""The probability that an open application misses its promise, and what weighs most.

A case is seen at a moment by what was known then: tier, place, stage, the days left to the promise
(in its own unit, working or calendar days), and the state of what lies ahead. A logistic model on
these is learned from past cases at past moments, and calibrated on those whose promises fell due
last. Where there is too little history, or the model does no better on these, the rate of tier,
stage and share of the promise used stands, shrunk to the tier's.

Frames of cases have the columns of `CASE`; unknown numbers are NaN and count as usual.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

# All days in the promise's unit. left_days until the due day is over; in_stage_days since the stage
# was entered; pace: days from entering the stage to the promise met, of cases that met it lately;
# queue_days until all that waits of its tier before printing is printed; machines_up and link_up as
# shares; stock_days of what runs out first; place_excess: how much more of the place's promises
# were missed of late than tier and country tell.
CASE = (
    "tier",
    "is_mission",
    "stage_code",
    "is_before_print",
    "promised_days",
    "left_days",
    "in_stage_days",
    "pace_p50_days",
    "pace_p90_days",
    "queue_days",
    "machines_up",
    "stock_days",
    "link_up",
    "place_excess",
)

LAPSED, LITTLE_HISTORY = "lapsed", "little_history"
# What a feature is about: the reason that is told.
REASONS = (
    "time_left",
    "stage_pace",
    "print_queue",
    "machines",
    "stock",
    "link",
    "place",
)

MODEL, RATES = "logistic", "rate_of_tier_stage_and_time"

# Shares of the promise used, at which the rates change.
_BANDS = (0.25, 0.5, 0.75, 0.9, 1.0)
# So many cases' worth of the wider rate stands against a cell's own.
_BELIEF = 50.0
# Below these the rates are all there is.
_FEWEST_CASES, _FEWEST_LATE = 1500, 60
# Shares of the due days: fitted up to the first, calibrated up to the second, judged after it.
_BORDERS = (0.65, 0.82)
# Times change: what fell due so long ago counts half.
_HALF_LIFE_DAYS = 28.0
# Fewer late cases than this carry no isotonic curve; two parameters then.
_FEWEST_FOR_CURVE = 300
_GRID = 201
_NEVER_SURE = 0.001
_LONGEST = 60.0


@dataclass(frozen=True)
class Learned:
    """What a night learned: frames as they lie in the warehouse.

    `coefficients`: feature, coefficient, usual (the value that weighs nothing); empty where rates
    stand. `calibration`: raw, probability, both rising. `rates`: tier, stage_code, band, rate, with
    stage_code `all` for a tier's own and tier `all` for the country's.
    """

    coefficients: pd.DataFrame
    calibration: pd.DataFrame
    rates: pd.DataFrame
    cases: int
    method: str


@dataclass(frozen=True)
class Scored:
    """By case: the probability, the reason's code, the days until the promise is as likely met as
    not."""

    probability: Numbers
    reason: NDArray[np.object_]
    expected_days: Numbers


def learn(snapshots: pd.DataFrame) -> Learned:
    """Learn from past cases at past moments: `CASE` and `is_late`, `due_on`, `application_id`.

    A row must tell only what was known at its moment, and every case of a due day must be there,
    however it ended, so that what came soon does not stand for all.
    """
    rows = snapshots.sort_values(["due_on", "application_id", "left_days"], kind="stable")
    late = rows["is_late"].to_numpy(dtype=np.bool_)
    days = np.sort(rows["due_on"].unique())
    cases = int(rows["application_id"].nunique())
    rates = late_rates(rows, late, _recency(rows))
    bare = Learned(_coefficients([], [], []), _calibration([], []), rates, cases, RATES)
    if cases < _FEWEST_CASES or late.sum() < _FEWEST_LATE or len(days) < 10:
        return bare
    due = rows["due_on"].to_numpy()
    borders = [days[int(len(days) * share)] for share in _BORDERS]
    first, second = due < borders[0], (due >= borders[0]) & (due < borders[1])
    last = due >= borders[1]
    few = _FEWEST_LATE / 3
    if any(min(late[part].sum(), (~late[part]).sum()) < few for part in (first, second, last)):
        return bare
    # judged as it would have been used: fitted and calibrated before what it is judged by
    tried = _learned(rows, late, first, second, cases)
    earlier = first | second
    known = rows[earlier]
    by_rate = _rate_of(rows[last], late_rates(known, late[earlier], _recency(known)))
    by_model = _probability(rows[last], tried)[0]
    if _brier(by_model, late[last]) >= _brier(by_rate, late[last]):
        return bare
    return _learned(rows, late, earlier, last, cases)


def _learned(
    rows: pd.DataFrame,
    late: NDArray[np.bool_],
    earlier: NDArray[np.bool_],
    later: NDArray[np.bool_],
    cases: int,
) -> Learned:
    """Fitted on the earlier rows, calibrated on the later ones."""
    known = rows[earlier]
    rates = late_rates(known, late[earlier], _recency(known))
    coefficients = _fit(known, late[earlier], rates)
    raw, _ = _raw(rows[later], coefficients, rates)
    return Learned(coefficients, _calibrate(raw, late[later]), rates, cases, MODEL)


def score(cases: pd.DataFrame, learned: Learned) -> Scored:
    """Score open cases (`CASE`, any index) with what was learned."""
    left = cases["left_days"].to_numpy(dtype=np.float64)
    if learned.method == MODEL:
        probability, of_reason = _probability(cases, learned)
        reason = np.array(REASONS, dtype=object)[of_reason.argmax(axis=0)]
    else:
        probability = _rate_of(cases, learned.rates)
        reason = np.full(len(cases), LITTLE_HISTORY, dtype=object)
    has_lapsed = left <= 0
    return Scored(
        np.where(has_lapsed, 1.0, probability),
        np.where(has_lapsed, LAPSED, reason),
        _expected_days(cases, np.where(has_lapsed, 1.0, probability)),
    )


def features(cases: pd.DataFrame, rates: pd.DataFrame) -> tuple[Numbers, Mapping[str, str]]:
    """The model's columns [cases, features], and the reason that each belongs to.

    The rate of tier, stage and time is one of them: the model says how a case differs from it.
    """
    left = _number(cases, "left_days", 0.0)
    promised = np.maximum(_number(cases, "promised_days", 1.0), 1.0)
    in_stage = np.clip(_number(cases, "in_stage_days", 0.0), 0.0, _LONGEST)
    p50 = _number(cases, "pace_p50_days", np.nan)
    p50 = np.where(np.isnan(p50), promised / 2, p50)
    p90 = np.fmax(_number(cases, "pace_p90_days", np.nan), p50)
    spread = np.where(np.isnan(p90), promised / 4, p90 - p50) / 1.28 + 0.35
    # who has waited long in the stage has that much less before him, but never nothing
    ahead = np.maximum(p50 - in_stage, 0.35 * p50)
    slack = np.clip((left - ahead) / spread, -6.0, 6.0)
    longest = np.clip((left - np.fmax(p90, p50) + in_stage) / (promised / 4), -6.0, 6.0)
    before = cases["is_before_print"].to_numpy(dtype=np.float64)
    # who came first is printed first: what came after him he need not wait for
    to_print = np.maximum(_number(cases, "queue_days", 0.0) - in_stage, 0.0)
    behind = np.clip((to_print - left) / promised, -2.0, 4.0)
    down = 1.0 - np.clip(_number(cases, "machines_up", 1.0), 0.0, 1.0)
    short = np.clip(10.0 - _number(cases, "stock_days", _LONGEST), 0.0, 10.0)
    link = 1.0 - np.clip(_number(cases, "link_up", 1.0), 0.0, 1.0)
    share = np.clip(1.0 - left / promised, 0.0, 1.0)
    stages = cases["stage_code"].astype(str)
    rate = _rate_of(cases, rates)
    columns: dict[str, tuple[str, Numbers]] = {
        "rate": ("time_left", np.log(rate / (1 - rate))),
        "share_used": ("time_left", share),
        "share_used_late": ("time_left", np.maximum(share - 0.75, 0.0)),
        "left_short": ("time_left", np.maximum(3.0 - left, 0.0)),
        "left_last": ("time_left", np.maximum(1.0 - left, 0.0)),
        "slack": ("stage_pace", slack),
        "slack_below_2": ("stage_pace", np.minimum(slack - 2.0, 0.0)),
        "slack_below_0": ("stage_pace", np.minimum(slack, 0.0)),
        "slack_below_minus_2": ("stage_pace", np.minimum(slack + 2.0, 0.0)),
        "slack_at_worst": ("stage_pace", longest),
        "slack_at_worst_below_0": ("stage_pace", np.minimum(longest, 0.0)),
        "long_in_stage": (
            "stage_pace",
            np.clip(in_stage / np.maximum(p50, 0.5) - 1.0, 0.0, 5.0),
        ),
        "behind_queue": ("print_queue", before * behind),
        "behind_queue_late": ("print_queue", before * np.maximum(behind, 0.0)),
        "behind_queue_much": ("print_queue", before * np.maximum(behind - 0.5, 0.0)),
        "machines_down": ("machines", before * down),
        "stock_short": ("stock", before * short),
        "link_down": ("link", before * link),
        "place_excess": ("place", _number(cases, "place_excess", 0.0)),
        "is_mission": ("place", cases["is_mission"].to_numpy(dtype=np.float64)),
    }
    for tier in ("urgent", "fast_track"):
        is_tier = np.asarray(cases["tier"] == tier, dtype=np.float64)
        columns[f"is_{tier}"] = ("time_left", is_tier)
        columns[f"{tier}_slack"] = ("stage_pace", is_tier * slack)
        columns[f"{tier}_share_used"] = ("time_left", is_tier * share)
    # stages are those of the reference: what is known of one is what it has ahead
    for name, flags in (("at_start", stages == "not_started"), ("after_print", before < 0.5)):
        columns[name] = ("stage_pace", np.asarray(flags, dtype=np.float64))
        columns[f"{name}_slack"] = ("stage_pace", np.asarray(flags, dtype=np.float64) * slack)
    matrix = np.column_stack([values for _, values in columns.values()])
    return matrix, {name: reason for name, (reason, _) in columns.items()}


def late_rates(cases: pd.DataFrame, late: NDArray[np.bool_], weight: Numbers) -> pd.DataFrame:
    """The share that was late by tier, stage and band of the promise used: shrunk to the tier's,
    the tier's to the country's, and never falling as time goes by. Each case counts its weight."""
    frame = pd.DataFrame(
        {
            "tier": cases["tier"].astype(str).to_numpy(),
            "stage_code": cases["stage_code"].astype(str).to_numpy(),
            "band": _band(cases),
            "late": late * weight,
            "number": weight,
        }
    )
    bands = np.arange(len(_BANDS) + 1)
    overall = (frame["late"].sum() + 1.0) / (frame["number"].sum() + 20.0)
    country = _shrunk(frame, bands, np.full(len(bands), overall))
    rows = [("all", "all", country)]
    for tier, of_tier in frame.groupby("tier"):
        tiers = _shrunk(of_tier, bands, country)
        rows.append((str(tier), "all", tiers))
        for stage, of_stage in of_tier.groupby("stage_code"):
            own = _shrunk(of_stage, bands, tiers)
            rows.append((str(tier), str(stage), own))
    return pd.DataFrame(
        [
            (tier, stage, band, float(rate))
            for tier, stage, rates in rows
            for band, rate in zip(bands, rates, strict=True)
        ],
        columns=["tier", "stage_code", "band", "rate"],
    )


def _shrunk(cases: pd.DataFrame, bands: NDArray[np.int_], wider: Numbers) -> Numbers:
    sums = cases.groupby("band")[["late", "number"]].sum().reindex(bands, fill_value=0.0)
    rate = (sums["late"].to_numpy() + _BELIEF * wider) / (sums["number"].to_numpy() + _BELIEF)
    return np.maximum.accumulate(rate)


def _recency(cases: pd.DataFrame) -> Numbers:
    """What a case counts: half as much for every `_HALF_LIFE_DAYS` that it fell due before."""
    due = pd.to_datetime(cases["due_on"])
    days = (due.max() - due).dt.days.to_numpy(dtype=np.float64)
    return np.asarray(0.5 ** (days / _HALF_LIFE_DAYS))


def _band(cases: pd.DataFrame) -> NDArray[np.int_]:
    promised = np.maximum(_number(cases, "promised_days", 1.0), 1.0)
    used = 1.0 - _number(cases, "left_days", 0.0) / promised
    return np.searchsorted(_BANDS, used, side="right")


def _rate_of(cases: pd.DataFrame, rates: pd.DataFrame) -> Numbers:
    known = rates.set_index(["tier", "stage_code", "band"])["rate"]
    tier, stage, band = cases["tier"].astype(str), cases["stage_code"].astype(str), _band(cases)
    everything = np.full(len(cases), "all", dtype=object)
    found = np.full(len(cases), np.nan)
    for keys in ((tier, stage), (tier, everything), (everything, everything)):
        index = pd.MultiIndex.from_arrays([*keys, band])
        found = np.where(np.isnan(found), known.reindex(index).to_numpy(), found)
    return np.asarray(np.clip(found, _NEVER_SURE, 1 - _NEVER_SURE))


def _fit(rows: pd.DataFrame, late: NDArray[np.bool_], rates: pd.DataFrame) -> pd.DataFrame:
    from sklearn.linear_model import LogisticRegression  # slow to import, and the night's alone

    matrix, names = features(rows, rates)
    usual, scale = matrix.mean(axis=0), matrix.std(axis=0)
    scale = np.where(scale > 1e-9, scale, 1.0)
    model = LogisticRegression(C=0.3, max_iter=400, tol=1e-6)
    model.fit((matrix - usual) / scale, late, sample_weight=_recency(rows))
    # the last digits depend on the order of sums, and threads order them
    weights = np.round(model.coef_[0] / scale, 4)
    return _coefficients(
        ["intercept", *names], [round(float(model.intercept_[0]), 4), *weights], [0.0, *usual]
    )


def _calibrate(raw: Numbers, late: NDArray[np.bool_]) -> pd.DataFrame:
    from sklearn.isotonic import IsotonicRegression
    from sklearn.linear_model import LogisticRegression

    grid = np.quantile(raw, np.linspace(0, 1, _GRID))
    grid = np.unique(np.round(grid, 4))
    if late.sum() >= _FEWEST_FOR_CURVE:
        curve = IsotonicRegression(out_of_bounds="clip").fit(raw, late)
        probability = curve.predict(grid)
    else:
        line = LogisticRegression(C=1e6).fit(raw[:, None], late)
        probability = line.predict_proba(grid[:, None])[:, 1]
    probability = np.clip(np.maximum.accumulate(probability), _NEVER_SURE, 1 - _NEVER_SURE)
    return _calibration(grid, np.round(probability, 5))


def _probability(cases: pd.DataFrame, learned: Learned) -> tuple[Numbers, Numbers]:
    """The model's probabilities, and what each of `REASONS` adds to them [reasons, cases]."""
    raw, of_reason = _raw(cases, learned.coefficients, learned.rates)
    curve = learned.calibration
    return np.interp(raw, curve["raw"], curve["probability"]), of_reason


def _raw(
    cases: pd.DataFrame, coefficients: pd.DataFrame, rates: pd.DataFrame
) -> tuple[Numbers, Numbers]:
    """Log odds before calibration, and the part of each of `REASONS` in them."""
    matrix, names = features(cases, rates)
    weights = coefficients.set_index("feature").reindex(list(names))
    terms = (matrix - weights["usual"].to_numpy()) * weights["coefficient"].to_numpy()
    is_about = np.array([[name == reason for name in names.values()] for reason in REASONS])
    of_reason = is_about.astype(np.float64) @ terms.T
    is_intercept = coefficients["feature"] == "intercept"
    intercept = float(coefficients.loc[is_intercept, "coefficient"].iloc[0])
    return of_reason.sum(axis=0) + intercept, of_reason


def _expected_days(cases: pd.DataFrame, probability: Numbers) -> Numbers:
    """Days until the promise is as likely met as not, in the promise's unit: by the stage's pace
    and the queue ahead, and beyond the days left exactly where late is more likely."""
    left = _number(cases, "left_days", 0.0)
    promised = np.maximum(_number(cases, "promised_days", 1.0), 1.0)
    p50 = _number(cases, "pace_p50_days", np.nan)
    p50 = np.where(np.isnan(p50), promised / 2, p50)
    in_stage = _number(cases, "in_stage_days", 0.0)
    days = np.clip(np.maximum(p50 - in_stage, 0.35 * p50), 0.0, _LONGEST)
    in_time = np.clip(np.minimum(days, left - 1.0), 0.0, None)
    too_late = np.maximum(days, np.maximum(left, 0.0) + 1.0)
    return np.asarray(np.where(probability > 0.5, too_late, in_time))


def _brier(probability: Numbers, late: NDArray[np.bool_]) -> float:
    return float(np.mean((probability - late) ** 2))


def _number(cases: pd.DataFrame, column: str, usual: float) -> Numbers:
    values = cases[column].to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isnan(values), usual, values)


def _coefficients(
    names: Sequence[str], values: Sequence[float], usual: Sequence[float]
) -> pd.DataFrame:
    frame = {"feature": list(names), "coefficient": list(values), "usual": list(usual)}
    return pd.DataFrame(frame)


def _calibration(
    raw: Sequence[float] | Numbers, probability: Sequence[float] | Numbers
) -> pd.DataFrame:
    return pd.DataFrame({"raw": list(raw), "probability": list(probability)})
