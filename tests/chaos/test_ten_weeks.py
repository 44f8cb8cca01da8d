"""Ten weeks of nights with faults end where ten weeks without any end."""

from __future__ import annotations

from pathlib import Path

from support.ten_weeks import COMPARED, failed_nights, lived, table, told

#: The table that the README points to; what stands there is what this test found.
DOCUMENT = Path(__file__).parents[2] / "docs" / "ten-weeks.md"


def test_ten_weeks_with_faults_end_where_ten_weeks_without_end(tmp_path):
    """Account down, a storm of 429, a corrupt file, mail down, clock change, travel, a deletion, a late upload."""
    with lived(tmp_path / "calm", has_faults=False) as calm:
        assert 0 == failed_nights(calm)
        expected, expected_told = calm.everything(), told(calm)
    with lived(tmp_path / "rough", has_faults=True) as rough:
        assert 4 == failed_nights(rough)
        reached, reached_told = rough.everything(), told(rough)
    found = table(expected_told, reached_told)
    assert expected_told == reached_told, found
    for relation in COMPARED:
        assert expected[relation] == reached[relation], relation
    assert found in DOCUMENT.read_text("utf-8"), f"docs/ten-weeks.md says otherwise than:\n{found}"
