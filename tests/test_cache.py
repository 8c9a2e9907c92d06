"""The cache is ours alone, and whatever goes wrong with it is a miss."""

from pathlib import Path

import pytest

from envgen import cache
from envgen.cache import Cache


def test_a_value_comes_back(tmp_path: Path) -> None:
    Cache(tmp_path).put("abcd", {"a": [1, None, "é"]})

    assert Cache(tmp_path).get("abcd") == {"a": [1, None, "é"]}


def test_what_was_never_put_is_a_miss(tmp_path: Path) -> None:
    assert Cache(tmp_path).get("abcd") is None


def test_a_broken_entry_is_a_miss(tmp_path: Path) -> None:
    (tmp_path / "ab").mkdir()
    (tmp_path / "ab" / "abcd").write_bytes(b'{"a": \xff')

    assert Cache(tmp_path).get("abcd") is None


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = Cache(tmp_path / "file")
    store.put("abcd", 1)

    assert store.get("abcd") is None


def test_no_folder_holds_nothing() -> None:
    store = Cache(None)
    store.put("abcd", 1)

    assert store.get("abcd") is None


def test_entries_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    Cache(tmp_path).put("abcd", 1)

    assert (tmp_path / "ab").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "ab" / "abcd").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "ab").iterdir()] == ["abcd"]


def test_a_key_depends_on_where_its_parts_end() -> None:
    keys = {cache.key("ab", "c"), cache.key("a", "bc"), cache.key("abc"), cache.key("c", "ab"), cache.key("abc", "")}

    assert len(keys) == 5
    assert cache.key("é") == cache.key("é".encode())


def test_the_cache_is_made_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    found = cache.find()

    assert found == Cache(tmp_path / "cache" / "envgen")
    assert (tmp_path / "cache" / "envgen").stat().st_mode & 0o777 == 0o700


def test_a_cache_that_others_may_write_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "envgen").mkdir()
    (tmp_path / "envgen").chmod(0o777)

    assert cache.find() == Cache(None)


def test_a_cache_that_cannot_be_made_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))

    assert cache.find() == Cache(None)


def test_without_a_setting_the_cache_is_in_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))

    assert cache.find() == Cache(tmp_path / ".cache" / "envgen")
