"""How yes and no are written by those who fill a form in."""

YES = ("true", "1", "yes", "是")
NO = ("false", "0", "no", "否")
