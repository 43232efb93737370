#!/usr/bin/env python3
"""The program's commands from a checkout: `.venv/bin/python manage.py <command>`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "src"))

from nuanxin.config.cli import main

if __name__ == "__main__":
    sys.exit(main())
