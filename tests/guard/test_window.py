"""Windows in which promotions are refused, and how moments are spelled."""

import zoneinfo

import pytest

from envgen.guard.window import moment, opens, seconds

WEEKEND = "Fri 16:00 - Mon 08:00"
BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("span", "zone", "now", "end"),
    [
        pytest.param(WEEKEND, BERLIN, "2026-11-06T14:59:59Z", None, id="a second before it begins"),
        pytest.param(WEEKEND, BERLIN, "2026-11-06T15:00:00Z", "2026-11-09T07:00:00Z", id="as it begins"),
        pytest.param(WEEKEND, BERLIN, "2026-11-07T12:00:00Z", "2026-11-09T07:00:00Z", id="in the middle"),
        pytest.param(WEEKEND, BERLIN, "2026-11-08T23:30:00Z", "2026-11-09T07:00:00Z", id="after the week's end"),
        pytest.param(WEEKEND, BERLIN, "2026-11-09T06:59:59Z", "2026-11-09T07:00:00Z", id="a second before it ends"),
        pytest.param(WEEKEND, BERLIN, "2026-11-09T07:00:00Z", None, id="as it ends"),
        pytest.param(WEEKEND, BERLIN, "2026-11-11T12:00:00Z", None, id="in the week"),
        pytest.param(WEEKEND, "UTC", "2026-11-06T15:00:00Z", None, id="in another zone it begins later"),
        pytest.param("Thu 08:00 - Thu 18:00", "UTC", "2026-11-05T17:59:00Z", "2026-11-05T18:00:00Z", id="within a day"),
        pytest.param("Thu 08:00 - Thu 18:00", "UTC", "2026-11-05T18:00:00Z", None, id="after its day"),
        pytest.param(
            "Mon 08:00 - Mon 07:00", "UTC", "2026-11-05T12:00:00Z", "2026-11-09T07:00:00Z", id="almost the whole week"
        ),
        pytest.param("Mon 08:00 - Mon 07:00", "UTC", "2026-11-09T07:30:00Z", None, id="the hour that it leaves free"),
        pytest.param(
            "Sun 23:00 - Mon 01:00", "UTC", "2026-11-09T00:30:00Z", "2026-11-09T01:00:00Z", id="over the week's end"
        ),
    ],
)
def test_a_window_holds_a_moment_until_it_ends(span: str, zone: str, now: str, end: str | None) -> None:
    found = opens(span, zone, seconds(now))

    assert (moment(found.timestamp()) if found else None) == end


@pytest.mark.parametrize(
    ("span", "now", "end"),
    [
        pytest.param(WEEKEND, "2027-03-27T12:00:00Z", "2027-03-29T06:00:00Z", id="it ends in summer time"),
        pytest.param(WEEKEND, "2026-10-24T12:00:00Z", "2026-10-26T07:00:00Z", id="it ends in winter time"),
        pytest.param(
            "Sun 02:30 - Sun 05:00", "2027-03-28T00:59:59Z", None, id="before the hour that the clock leaves out"
        ),
        pytest.param(
            "Sun 02:30 - Sun 05:00",
            "2027-03-28T01:00:00Z",
            "2027-03-28T03:00:00Z",
            id="it begins in the hour that the clock leaves out",
        ),
        pytest.param(
            "Sun 02:30 - Sun 02:45", "2026-10-25T00:35:00Z", "2026-10-25T00:45:00Z", id="the first of two equal hours"
        ),
        pytest.param("Sun 02:30 - Sun 02:45", "2026-10-25T00:50:00Z", None, id="between two equal hours"),
        pytest.param(
            "Sun 02:30 - Sun 02:45", "2026-10-25T01:35:00Z", "2026-10-25T01:45:00Z", id="the second of two equal hours"
        ),
    ],
)
def test_a_window_follows_the_clock_of_its_place(span: str, now: str, end: str | None) -> None:
    found = opens(span, BERLIN, seconds(now))

    assert (moment(found.timestamp()) if found else None) == end


def test_the_end_is_told_in_the_time_of_the_place() -> None:
    end = opens(WEEKEND, BERLIN, seconds("2027-03-27T12:00:00Z"))

    assert f"{end:%a %H:%M %Z}" == "Mon 08:00 CEST"


def test_utc_needs_no_table_of_zones() -> None:
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(to=[])
    zoneinfo.ZoneInfo.clear_cache()
    try:
        found = opens(WEEKEND, "UTC", seconds("2026-11-07T12:00:00Z"))
    finally:
        zoneinfo.reset_tzpath(to=before)

    assert found is not None


@pytest.mark.parametrize(
    "span",
    [
        pytest.param("Fri 16:00-Mon 08:00", id="without spaces"),
        pytest.param("Friday 16:00 - Mon 08:00", id="a long day"),
        pytest.param("fri 16:00 - mon 08:00", id="small letters"),
        pytest.param("Fri 24:00 - Mon 08:00", id="hour 24"),
        pytest.param("Fri 16:60 - Mon 08:00", id="minute 60"),
        pytest.param("Fri 4:00 - Mon 08:00", id="one digit"),
        pytest.param("Fri 16:00", id="no end"),
        pytest.param("Fri 16:00 - Mon 08:00\n", id="a line's end"),
        pytest.param("Fri 1٣:00 - Mon 08:00", id="other digits"),
        pytest.param("", id="nothing"),
    ],
)
def test_text_that_is_no_window_is_refused(span: str) -> None:
    with pytest.raises(ValueError, match=r"is no window; write it as 'Fri 16:00 - Mon 08:00'$"):
        opens(span, BERLIN, 0)


def test_a_window_that_ends_as_it_begins_could_mean_two_things() -> None:
    with pytest.raises(ValueError, match="'Fri 16:00 - Fri 16:00' ends as it begins, which is never or always"):
        opens("Fri 16:00 - Fri 16:00", BERLIN, 0)


@pytest.mark.parametrize("zone", ["", "Mars/Base", "../UTC", "/etc/localtime", "Europe", "Europe/Berlin\0", "CEST"])
def test_a_zone_that_does_not_exist_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match=r"^there is no time zone .*; name one such as Europe/Berlin"):
        opens(WEEKEND, zone, 0)


@pytest.mark.parametrize("text", ["2026-11-05T12:00:00Z", "1970-01-01T00:00:00Z", "2099-12-31T23:59:59Z"])
def test_moments_are_read_as_they_are_written(text: str) -> None:
    assert moment(seconds(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "2026-11-05", "2026-11-05T12:00:00", "2026-11-05T12:00:00+01:00", "2026-02-30T00:00:00Z", "24:00", "now"],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"does not match format|day is out of range"):
        seconds(text)
