"""Sensitive values never leave the extraction step: not in a file, message or error."""

import logging
import random
from pathlib import Path

import pyarrow as pa
import pytest
from ingest_world import Installation, csv_text, row

from config import Settings
from contract import RECORDS
from orchestration.pseudonyms import (
    PseudonymKey,
    PseudonymKeyError,
    conceal,
    pseudonym_key,
    references,
)

KEY = PseudonymKey(3, b"k" * 32)


def people(count: int) -> list[str]:
    """Made-up CNICs with valid form."""
    chance = random.Random(7)
    return [f"{chance.randint(1, 8)}{chance.randint(0, 10**12 - 1):012d}" for _ in range(count)]


def leaks(folder: Path, values: list[str]) -> list[Path]:
    wanted = [value.encode() for value in values]
    return [
        path
        for path in folder.rglob("*")
        if path.is_file() and any(value in path.read_bytes() for value in wanted)
    ]


def test_no_sensitive_value_is_written_anywhere(
    installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    numbers = people(300)
    dashed = f"{numbers[0][:5]}-{numbers[0][5:12]}-{numbers[0][12:]}"
    rows = [
        row("applications", application_id=n, applicant_cnic=value)
        for n, value in enumerate(numbers)
    ]
    slipped = [row("applications", application_id=f"s{n}", pages=numbers[n]) for n in range(3)]
    slipped.append(row("applications", application_id="s9", submitted_at=dashed))
    installation.put("applications", "good.csv", rows)
    installation.put("applications", "slipped.csv", rows[:200] + slipped[:4])
    installation.put("applications", "ragged.csv", csv_text(rows[:5]) + f"1,{numbers[7]}\n")
    installation.put("applications", "headless.csv", csv_text(rows).split("\n", 1)[1])
    installation.put(
        "print_jobs",
        "a.csv",
        [row("print_jobs", job_id=n, booklet_number=f"BK{n}{numbers[n]}") for n in range(50)],
    )
    results = installation.run()
    assert results["applications"].batches
    assert leaks(installation.settings.home_path, [*numbers, dashed]) == []
    told = caplog.text + str(results)
    assert not [value for value in [*numbers, dashed] if value in told]


def test_a_reference_is_stable_keyed_and_of_its_field() -> None:
    values = pa.array(["3520212345671", None, "3520212345671"])
    first = references(KEY, "applicant_cnic", values)
    assert first[0] == first[2]
    assert first.null_count == 1
    assert first[0].as_py().startswith("3-")
    assert len(first[0].as_py()) == 2 + 64
    assert references(KEY, "booklet_number", values)[0] != first[0]
    assert references(PseudonymKey(3, b"l" * 32), "applicant_cnic", values)[0] != first[0]


def test_validity_and_province_come_with_a_cnic() -> None:
    given = ["3520212345671", "9520212345671", "352021234567", "", None, "35202-1234567-1"]
    batch = pa.RecordBatch.from_pydict({"applicant_cnic": pa.array(given)})
    made = conceal(batch, RECORDS["applications"], KEY).to_pydict()
    assert made["applicant_cnic_is_valid"] == [True, False, False, False, None, False]
    assert made["applicant_cnic_province"] == ["3", None, None, None, None, None]
    assert set(made) == {
        "applicant_cnic_ref",
        "applicant_cnic_is_valid",
        "applicant_cnic_province",
    }


def test_numbers_sent_as_integers_give_the_same_reference() -> None:
    text = pa.RecordBatch.from_pydict({"applicant_cnic": pa.array(["3520212345671"])})
    number = pa.RecordBatch.from_pydict({"applicant_cnic": pa.array([3520212345671])})
    record = RECORDS["applications"]
    assert conceal(text, record, KEY).equals(conceal(number, record, KEY))


def test_a_missing_key_is_made_private_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "config" / "key"
    settings = Settings(home_path=tmp_path / "home", pseudonym_key_file=file)
    made = pseudonym_key(settings)
    assert file.stat().st_mode & 0o777 == 0o600
    assert str(file) in caplog.text
    assert made.secret.hex() not in caplog.text + repr(made)
    assert pseudonym_key(settings) == made


def test_a_key_made_here_is_automatic_until_a_person_says_otherwise(tmp_path: Path) -> None:
    file = tmp_path / "key"
    settings = Settings(home_path=tmp_path / "home", pseudonym_key_file=file)
    made = pseudonym_key(settings)
    assert made.is_automatic
    file.write_text(file.read_text().splitlines()[0] + "\n")
    assert pseudonym_key(settings) == made
    assert not pseudonym_key(settings).is_automatic


def test_a_key_inside_the_home_or_open_to_others_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    inside = Settings(home_path=home, pseudonym_key_file=home / "key")
    with pytest.raises(PseudonymKeyError, match="inside the home"):
        pseudonym_key(inside)
    linked = tmp_path / "link"
    linked.symlink_to(home / "key")
    with pytest.raises(PseudonymKeyError, match="inside the home"):
        pseudonym_key(Settings(home_path=home, pseudonym_key_file=linked))

    outside = Settings(home_path=home, pseudonym_key_file=tmp_path / "key")
    pseudonym_key(outside)
    (tmp_path / "key").chmod(0o640)
    with pytest.raises(PseudonymKeyError, match="chmod 600"):
        pseudonym_key(outside)
    (tmp_path / "key").chmod(0o600)
    (tmp_path / "key").write_text("something else\n")
    with pytest.raises(PseudonymKeyError, match="must hold one line"):
        pseudonym_key(outside)
