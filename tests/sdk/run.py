"""`python run.py FLAVOUR HOST:PORT`: all scenarios with one flavour of client, a JSON line for each.

For https, `YAOSHI_CA` and `ALIBABA_CLOUD_CA_BUNDLE` name the CA to trust.
"""

import json
import sys
import traceback
from typing import Callable, Optional

import key_pairs  # noqa: F401
import scenarios  # noqa: F401: both list their scenarios
from clients import FLAVOURS
from words import SCENARIOS, World


def main(flavour: str, endpoint: str) -> None:
    world = World(FLAVOURS[flavour], endpoint)
    for name, check in SCENARIOS.items():
        error = failure(check, world)
        print(json.dumps({"scenario": name, "ok": error is None, "error": error}), flush=True)


def failure(check: Callable[[World], None], world: World) -> Optional[str]:
    try:
        check(world)
    except Exception:  # whatever it is, it belongs to this scenario, and the others still run
        return traceback.format_exc()
    return None


if __name__ == "__main__":
    main(*sys.argv[1:])
