"""A vocabulary for each language, by which texts are read back."""

from collections.abc import Mapping

from quality.text.languages import en, zh
from quality.text.vocabulary import Vocabulary
from schemas.sample import Language

VOCABULARIES: Mapping[Language, Vocabulary] = {"en": en.VOCABULARY, "zh": zh.VOCABULARY}
