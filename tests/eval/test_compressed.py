"""Compressed texts: the same bytes, whole, and bounded."""

import lzma

import pytest

from prunebench.eval.compressed import read_compressed, write_compressed
from prunebench.eval.errors import InputError
from prunebench.eval.logs import parsed_lines

TEXT = "a line\nähnlich\n" * 50


def test_a_text_is_read_as_it_was_written_and_has_the_same_bytes_each_time(tmp_path):
    one, two = tmp_path / "one.xz", tmp_path / "two.xz"
    write_compressed(one, TEXT)
    write_compressed(two, TEXT)
    assert read_compressed(one) == TEXT
    assert one.read_bytes() == two.read_bytes()
    assert len(one.read_bytes()) < len(TEXT)
    assert parsed_lines(one, str) == TEXT.splitlines()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lzma.compress(b"\0" * 2_000), "unpacks to more than 1,000 bytes, the largest size that is read"),
        (lzma.compress(TEXT.encode())[:-30], "is incomplete"),
        (b"", "is incomplete"),
        (TEXT.encode(), "is not a file compressed with xz"),
        (lzma.compress(TEXT.encode()).replace(b"\x00", b"\x01"), "is not a file compressed with xz"),
    ],
    ids=["swells", "cut", "empty", "plain", "damaged"],
)
def test_what_is_no_whole_text_of_the_size_that_is_read_is_refused(tmp_path, content, said):
    path = tmp_path / "log.jsonl.xz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        read_compressed(path, limit=1_000)


def test_a_file_that_asks_for_more_memory_than_is_given_is_refused(tmp_path):
    path = tmp_path / "log.jsonl.xz"
    wide = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 29}]
    path.write_bytes(lzma.compress(TEXT.encode(), filters=wide))
    with pytest.raises(InputError, match=r"is not a file compressed with xz \(.*[Mm]emory"):
        read_compressed(path)
