"""Licences in the words of others become the codes of Openverse."""

from __future__ import annotations

import pytest

from emovere.datasets.collect.licences import CODES, accepted_codes, code_of, licence_of
from emovere.errors import ConfigError


@pytest.mark.parametrize(
    ("words", "licence"),
    [
        *(("by 4.0", "by-4.0"), ("by-sa 2.0", "by-sa-2.0"), ("BY-NC-ND 3.0", "by-nc-nd-3.0"), ("by", "by")),
        *(("cc0", "cc0"), ("cc0 1.0", "cc0"), ("CC0 1.0", "cc0"), ("CC Zero", "cc0"), ("pdm 1.0", "pdm")),
        *(
            ("CC BY-SA 4.0", "by-sa-4.0"),
            ("cc-by-sa-4.0", "by-sa-4.0"),
            ("CC BY-SA 3.0 de", "by-sa-3.0"),
            ("CC BY 3.0 igo", "by-3.0"),
        ),
        *(("Public domain", "pdm"), ("PD-USGov", "pdm"), ("pd", "pdm"), ("No known copyright restrictions", "pdm")),
        ("Creative Commons Attribution-ShareAlike 4.0 International", "by-sa-4.0"),
        ("Attribution-NonCommercial-NoDerivs 2.0 Generic", "by-nc-nd-2.0"),
        ("by-sa-nc", "by-nc-sa"),
        *(("GFDL", "GFDL"), ("All rights reserved", "All rights reserved"), ("", ""), ("bypass", "bypass")),
        ("attribution required by the owner", "attribution required by the owner"),
        ("sampling+ 1.0", "sampling+ 1.0"),
    ],
)
def test_words_become_codes(words, licence):
    assert licence_of(words) == licence


@pytest.mark.parametrize(
    ("url", "licence"),
    [
        ("https://creativecommons.org/licenses/by-sa/4.0/", "by-sa-4.0"),
        ("http://www.creativecommons.org/licenses/by/2.0", "by-2.0"),
        ("https://creativecommons.org/licenses/by/3.0/de/deed.de", "by-3.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "cc0"),
        ("https://creativecommons.org/publicdomain/mark/1.0/", "pdm"),
        ("https://creativecommons.org/licenses/nonsense/1.0/", "GFDL"),
        ("https://creativecommons.org.evil.example/licenses/by/4.0/", "GFDL"),
        ("https://evil.example/?https://creativecommons.org/licenses/by/4.0/", "GFDL"),
    ],
)
def test_an_address_goes_before_the_words(url, licence):
    assert licence_of("GFDL", url) == licence


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_known_with_and_without_a_version(code):
    assert licence_of(code) == code
    assert code_of(licence_of(f"{code} 4.0")) == code


def test_a_code_is_read_out_of_what_was_kept():
    assert [code_of(text) for text in ("by-sa-4.0", "cc0", "GFDL", "", "by-4.0-evil")] == ["by-sa", "cc0", "", "", ""]


def test_accepted_licences_are_a_list():
    assert accepted_codes("cc0, BY-SA,") == {"cc0", "by-sa"}
    assert accepted_codes("any") == frozenset()
    with pytest.raises(ConfigError, match=r"unknown licence 'by-as'; did you mean 'by-\w+'\?"):
        accepted_codes("cc0,by-as")
    with pytest.raises(ConfigError, match="got nothing"):
        accepted_codes(" , ")
