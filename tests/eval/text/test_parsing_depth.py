import pytest

from prunebench.eval.text.parsing import NotToml, parsed_json, parsed_toml


@pytest.mark.parametrize(
    "text",
    [
        "a." * 20_000 + "a = 1",
        "[" + "a . " * 20_000 + "a]",
        "x = {" + "'a'.\"b\"." * 9_000 + "c = 1}",
        "x = " + "[" * 100_000,
    ],
)
def test_deep_keys_and_values_are_refused(text):
    with pytest.raises(ValueError, match="nested too deeply"):
        parsed_toml(text)


def test_keys_of_a_few_parts_and_long_texts_are_read():
    assert parsed_toml("a.b.c = 1\n") == {"a": {"b": {"c": 1}}}
    assert len(parsed_toml(f'x = "{"y" * 1_000_000}"\n')["x"]) == 1_000_000


def test_numbers_of_too_many_digits_are_told_without_the_words_of_the_interpreter():
    for read, text in ((parsed_json, "9" * 5000), (parsed_toml, "a = " + "9" * 5000)):
        with pytest.raises(ValueError, match=r"^it contains a whole number with too many digits$"):
            read(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = 1\na = 2", "a key is given twice (at "),
        ("[a.b]\n[a.b]", "table `a.b` is declared twice (at line 2"),
        ("a = {b = 1}\na.c = 2", "`a` already has a value (at "),
        ("a = {b = 1, b = 2}", "key `b` is given twice (at line 1"),
        ("a =", "Invalid value (at "),
    ],
)
def test_keys_that_come_twice_are_told_in_words_of_toml(text, said):
    with pytest.raises(NotToml) as caught:
        parsed_toml(text)
    assert str(caught.value).startswith(said)
