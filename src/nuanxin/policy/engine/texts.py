"""A text in both languages."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in Chinese and in English."""

    zh: str
    en: str

    def in_(self, language: str) -> str:
        """The words in 'zh' or 'en' (a longer tag such as 'zh-hans' is cut)."""
        return self.en if language.startswith("en") else self.zh


#: A figure in a reason text: {name}, or {name:percent}.
PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)(?::(percent))?\}")
