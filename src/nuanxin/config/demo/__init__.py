"""The demo: a province that does not exist, its families, and what was done for them.

Everything here is invented: persons, firms, places below the name of the country, documents and
amounts. ID numbers have valid check digits and division codes that do not exist (539901 to 539903);
phones begin with 199 and were made up; cards pass the Luhn check under a prefix no bank has. The
story is told through the services, each act by the post that would do it, on days counted back from
the day it is made.
"""

from .accounts import ACCOUNTS, PASSWORD, demo_accounts_text

__all__ = ["ACCOUNTS", "PASSWORD", "demo_accounts_text"]
