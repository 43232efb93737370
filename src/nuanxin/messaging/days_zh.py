"""How a day is written in Chinese."""

DAY = "Y年n月j日"
