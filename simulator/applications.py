"""The record `applications`: who applies for what, and for which fee."""

import numpy as np
import pyarrow as pa

from simulator.columns import MISSING, Frame, code, numbered, rows_of
from simulator.demand import CATEGORIES, FAST_TRACK, NORMAL, TIERS
from simulator.network import Network
from simulator.places import read_reference
from simulator.randomness import Flags, Ints, Luck

SUSPECT_SHARE = 0.003
PRIORITY_SHARE = 0.004
E_PASSPORT_SHARE = 0.04
_PAGES = (36, 72, 100)
_PRIORITIES = ("hajj", "medical", "study", "official")
_PROVINCE_DIGIT = {
    "Khyber Pakhtunkhwa": 1,
    "Punjab": 3,
    "Sindh": 4,
    "Balochistan": 5,
    "Islamabad": 6,
    "Gilgit-Baltistan": 7,
    "Azad Jammu and Kashmir": 8,
}
_MISSION_PROVINCES = (3, 3, 3, 1, 1, 4, 8)


def applications_record(
    network: Network, seed: int, cases: Frame, cancelled_at: Ints | None = None
) -> pa.Table:
    """The record `applications`: as submitted, or as cancelled at the given instants."""
    luck = Luck(seed, cases["number"])
    place, tier = cases["place"], cases["tier"]
    fee = FEES[cases["pages"], cases["long"], (tier != NORMAL).astype(np.int64)]
    fee = fee + FAST_TRACK_SURCHARGE_PKR * (tier == FAST_TRACK)
    is_man = luck.happens("is a man", 0.68)
    digit = _home_digits(network)[place]
    abroad = np.array(_MISSION_PROVINCES)[luck.integers("province", 0, len(_MISSION_PROVINCES))]
    cnic = _cnics(luck, np.where(digit > 0, digit, abroad), is_man)
    districts = [p.district or "" for p in network.places[: network.offices]]
    home = [i for i, district in enumerate(districts) if district]
    moved = luck.happens("moved", 0.06) | network.is_mission[place]
    drawn = np.array(home)[luck.choose("home", network.weights[home])]
    columns = {
        "application_id": numbered("", cases["number"]),
        "office_code": code(network.codes, place),
        "submitted_at": cases["submitted"],
        "tier": code(TIERS, tier),
        "category": code(CATEGORIES, cases["category"]),
        "channel": code(("counter", "online"), cases["online"]),
        "pages": np.array(_PAGES)[cases["pages"]],
        "validity_years": np.where(cases["long"] == 1, 10, 5),
        "is_e_passport": luck.happens("e-passport", E_PASSPORT_SHARE),
        "fee_pkr": fee.astype(np.float64),
        "applicant_cnic": cnic,
        "sex": code(("female", "male"), is_man.astype(np.int64)),
        "birth_year": _years(cases["submitted"])
        - np.clip(luck.lognormal("age", 31, 0.38), 1, 95).astype(np.int64),
        "home_district": code(districts, np.where(moved, drawn, place)),
        "priority_reason": code(
            _PRIORITIES,
            np.where(
                luck.happens("has priority", PRIORITY_SHARE),
                luck.integers("priority", 0, len(_PRIORITIES)),
                MISSING,
            ),
        ),
        "is_suspect": luck.happens("is suspect", SUSPECT_SHARE),
    }
    changed = cases["submitted"] + 20 if cancelled_at is None else cancelled_at + 30
    return rows_of(
        "applications",
        {**columns, "cancelled_at": cancelled_at, "updated_at": changed},
        identity=cases["number"],
        replaces=np.full(len(place), cancelled_at is not None),
    )


def _fees() -> Ints:
    """Rupees, shape (pages, validity, normal or urgent)."""
    fees = np.zeros((3, 2, 2), np.int64)
    for row in read_reference("fees.csv"):
        validity = int(row["validity_years"] == "10")
        fees[_PAGES.index(int(row["pages"])), validity] = (
            int(row["normal_pkr"]),
            int(row["urgent_pkr"]),
        )
    return fees


FEES = _fees()
FAST_TRACK_SURCHARGE_PKR = 5000


def _cnics(luck: Luck, province: Ints, is_man: Flags) -> pa.Array:
    """Valid-looking numbers: province, twelve further digits, the last odd for men."""
    middle = luck.integers("cnic", 0, 10**11)
    last = luck.integers("cnic end", 0, 5) * 2 + is_man
    return numbered("", province * 10**12 + middle * 10 + last)


def _home_digits(network: Network) -> Ints:
    """The first digit of most who live about each office, 0 for a mission."""
    provinces = [place.province or "" for place in network.places[: network.offices]]
    return np.array([_PROVINCE_DIGIT.get(province, 0) for province in provinces])


def _years(instants: Ints) -> Ints:
    return np.asarray(instants.astype("datetime64[s]").astype("datetime64[Y]").astype(int) + 1970)
