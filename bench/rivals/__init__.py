"""Other programs with the rule of packs/four-benefits.yaml, in an environment without Django.

Each is started by bench/policy as `python -m bench.rivals.<name>` and prints what it took as JSON.
"""
