"""`python -m bench.child <measure> <amount>`: one measure, in the environment the runner prepared."""

import importlib
import sys

import django


def main() -> None:
    name, amount = sys.argv[1:]
    django.setup()
    importlib.import_module(f"bench.{name}").measure(int(amount))


if __name__ == "__main__":
    main()
