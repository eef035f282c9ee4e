"""YAML from strangers is read within bounds."""

from __future__ import annotations

import time

import pytest

from portal.documents import MAX_DOCUMENTS, DocumentError, load_documents


def test_documents_are_plain_data_and_empty_ones_are_left_out() -> None:
    assert load_documents("a: 1\n---\n---\n- b\n") == [{"a": 1}, ["b"]]
    assert load_documents("") == []


@pytest.mark.parametrize(
    ("text", "line", "column"), [("a: [1", 2, 1), ("a: 1\n\tb: 2", 2, 1), ("a: b: c", 1, 5)]
)
def test_a_fault_is_named_with_line_and_column(text: str, line: int, column: int) -> None:
    with pytest.raises(DocumentError) as refused:
        load_documents(text)
    assert refused.value.line == line
    assert refused.value.column is not None
    assert abs(refused.value.column - column) <= 1


@pytest.mark.parametrize(
    "text",
    [
        "[" * 500_000,
        "- " * 400_000,
        "{a: " * 100_000,
        "a: 2020-99-99",
        "\x00",
        "\ud800",
        "!!python/object/apply:os.system [ls]",
        "? [a]\n: b",
        "a: {b: 1, c: 2, b: 3}",
        "---\na: 1\n" * (MAX_DOCUMENTS + 1),
    ],
    ids=lambda text: repr(text[:20]),
)
def test_hostile_text_gets_one_sentence_quickly(text: str) -> None:
    started = time.thread_time()
    with pytest.raises(DocumentError) as refused:
        load_documents(text)
    assert "\n" not in str(refused.value)
    assert time.thread_time() - started < 5


def test_a_text_over_the_limit_is_not_read() -> None:
    with pytest.raises(DocumentError, match="larger than 1 kB"):
        load_documents("a" * 1025, max_bytes=1024)


def test_aliases_are_read_and_share_what_they_name() -> None:
    [found] = load_documents("a: &x [1]\nb: *x\n")
    assert found["a"] is found["b"]


def test_a_chain_of_aliases_stays_small() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40)]
    started = time.thread_time()
    assert load_documents("\n".join(lines))
    assert time.thread_time() - started < 5


def test_merges_of_merges_are_refused() -> None:
    lines = ["a0: &a0 {x: 1}"]
    lines += [f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}" for n in range(1, 40)]
    started = time.thread_time()
    with pytest.raises(DocumentError, match="merges"):
        load_documents("\n".join(lines))
    assert time.thread_time() - started < 5
