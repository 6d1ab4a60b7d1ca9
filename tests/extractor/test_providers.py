from __future__ import annotations

import pytest

from extractor.errors import UnresolvableProviders
from extractor.languages import LANGUAGES
from extractor.providers import Provider, resolve


def provider(produces: str, *needs: str) -> Provider:
    return Provider(produces, produces, lambda view: None, needs)


def test_needs_come_first_whatever_the_order_given():
    ordered = resolve((provider("c", "a", "b"), provider("b", "a"), provider("a")))
    assert [each.produces for each in ordered] == ["a", "b", "c"]


@pytest.mark.parametrize("given", [(provider("a", "b"), provider("b", "a")), (provider("a", "nothing"),)])
def test_a_need_that_nobody_meets_is_an_error(given):
    with pytest.raises(UnresolvableProviders, match="a"):
        resolve(given)


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.name)
def test_the_providers_of_every_language_resolve(language):
    assert len(resolve(language.providers)) == len(language.providers)
