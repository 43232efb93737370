"""The files that go to the bank and come back from it."""
