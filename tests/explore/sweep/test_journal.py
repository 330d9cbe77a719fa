"""Lines of the journal: exact, and each independent of the others."""

import random

import numpy as np
import pytest

from qsb_hw.explore.sweep.journal import Journal, decoded, encoded, segment_writer
from qsb_hw.explore.sweep.points import PointStatus, rows_of


@pytest.fixture
def rows(small):
    """Numbers of every magnitude, with reasons that need escapes."""
    chance = np.random.default_rng(0)
    values = chance.normal(size=(small.size, small.width)) * 10.0 ** chance.integers(-300, 300, (small.size, 1))
    values[::7] = np.nan
    return rows_of(
        values=values,
        status=chance.integers(1, 6, small.size).astype(np.uint8),
        residual=chance.random(small.size),
        reason=["" if k % 3 else f"κ = {k}\n{{}}" for k in range(small.size)],
    )


def test_a_line_gives_back_what_was_written_bit_by_bit(small, rows):
    keys, found = decoded(encoded(small.keys, rows))
    assert np.array_equal(keys, small.keys)
    assert found["values"].tobytes() == rows["values"].tobytes()
    assert found["residual"].tobytes() == rows["residual"].tobytes()
    assert found["status"].tolist() == rows["status"].tolist()
    assert found["reason"].tolist() == rows["reason"].tolist()


def test_a_flipped_bit_loses_the_lines_it_hits_and_changes_none(small, rows, tmp_path):
    with segment_writer(tmp_path, small.digest) as append:
        for unit in range(small.units):
            numbers = np.array(small.span(unit))
            append(small.keys[numbers], rows[numbers])
    (segment,) = tmp_path.iterdir()
    whole, chance = segment.read_bytes(), random.Random(3)
    assert Journal(tmp_path, small.keys, small.width).holds(range(small.size)).all()
    for _ in range(300):
        data = bytearray(whole)
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        segment.write_bytes(data)
        journal = Journal(tmp_path, small.keys, small.width)
        held = journal.rows["status"] != PointStatus.MISSING
        assert 1 <= (~held).sum() <= 2 * small.unit_length  # two where the line end was hit
        assert journal.rows["values"][held].tobytes() == rows["values"][held].tobytes()
        assert journal.damaged + journal.incomplete >= 1
