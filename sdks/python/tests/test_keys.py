"""Keys without anybody to ask: form, checksum, and what was copied along."""

from __future__ import annotations

import json
import pickle

import pytest

from conftest import vectors
from keystile import ConfigurationError, Keystile, KeyFormatError, Secret, is_key, parse_key

VECTORS = vectors("keys.json")
SECRET = next("".join(row["text"]) for row in VECTORS["valid"] if row["kind"] == "secret" and row["brand"] == "acme")
PUBLISHABLE = next("".join(row["text"]) for row in VECTORS["valid"] if row["kind"] == "publishable")


@pytest.mark.parametrize("row", VECTORS["valid"], ids=lambda row: row["start"])
def test_a_vector_is_read(row):
    key = parse_key("".join(row["text"]))
    assert (key.kind, key.mode, key.brand, key.start, key.preview) == tuple(
        row[name] for name in ("kind", "mode", "brand", "start", "preview")
    )
    assert key.reveal() == "".join(row["text"])


@pytest.mark.parametrize("row", VECTORS["invalid"], ids=lambda row: row["why"])
def test_a_vector_is_refused(row):
    assert not is_key("".join(row["text"]))
    with pytest.raises(KeyFormatError) as error:
        parse_key("".join(row["text"]))
    assert error.value.code == row["code"]


def test_every_change_of_one_character_and_every_swap_is_refused():
    for at in range(len(SECRET)):
        other = "1" if SECRET[at] == "0" else "0"
        assert not is_key(SECRET[:at] + other + SECRET[at + 1 :])
        swapped = SECRET[:at] + SECRET[at + 1 : at + 2] + SECRET[at] + SECRET[at + 2 :]
        assert swapped == SECRET or not is_key(swapped)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{SECRET}\n", "there is a line break after the key: remove it"),
        (f"{SECRET[:20]}\r\n{SECRET[20:]}", "there is a line break in the key"),
        (f'"{SECRET}"', "there are quotation marks around the key: remove them"),
        (f"'{SECRET}", "there is a quotation mark before the key"),
        (f"\u201c{SECRET}\u201d", "there are quotation marks around the key"),
        (f" {SECRET}", "there is a space before the key"),
        (f"{SECRET}\t", "there is a space after the key"),
        (f"\ufeff{SECRET}", "there is an invisible character before the key"),
        (f"Bearer {SECRET}", "the word Bearer stands before the key"),
        (parse_key(SECRET).preview, "this is the masked preview, not the key"),
    ],
)
def test_what_was_copied_along_with_a_key_is_named(text, message):
    with pytest.raises(KeyFormatError, match=message) as error:
        parse_key(text)
    assert SECRET[16:] not in str(error.value)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (PUBLISHABLE, "operator_key is a publishable key"),
        (SECRET, "operator_key is a customer's secret key"),
        ("st_a.b.c", "operator_key is a session token"),
        (f'"{SECRET}"', "quotation marks around the key"),
        (f"{SECRET}\n", "line break after the key"),
        ("", "operator_key is missing"),
        (None, "operator_key is missing"),
    ],
)
def test_an_operator_key_that_is_something_else_is_refused_when_the_client_is_made(key, message):
    with pytest.raises(ConfigurationError, match=message) as error:
        Keystile(url="https://keys.example.com", operator_key=key)
    assert SECRET[16:] not in str(error.value)
    assert error.value.__cause__ is None


@pytest.mark.parametrize("url", ["", None, "keys.example.com", "ftp://keys.example.com", "https://a:b@keys.example.com", "https://k.example?x=1"])
def test_an_address_that_cannot_be_right_is_refused(url):
    with pytest.raises(ConfigurationError):
        Keystile(url=url, operator_key="unseen")


def test_nothing_that_holds_a_key_prints_it():
    for value in (Secret(SECRET), parse_key(SECRET)):
        shown = f"{value} {value!r} {[value]} {json.dumps([value], default=str)}"
        assert SECRET[-30:] not in shown
    assert Secret(SECRET).reveal() == SECRET
    with pytest.raises(TypeError):
        pickle.dumps(Secret(SECRET))
