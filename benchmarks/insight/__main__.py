"""`python -m benchmarks.insight SECTION …`: each section measures one table of insight."""

import sys
from importlib import import_module
from pkgutil import iter_modules

import benchmarks.insight as package


def main() -> int:
    """Run the section named by the first argument with the rest; exit 2 for an unknown one."""
    sections = sorted(m.name for m in iter_modules(package.__path__) if m.name != "__main__")
    if len(sys.argv) < 2 or sys.argv[1] not in sections:
        print(f"usage: python -m benchmarks.insight {{{','.join(sections)}}} …", file=sys.stderr)
        return 2
    return int(import_module(f"benchmarks.insight.{sys.argv[1]}").main(sys.argv[2:]))


if __name__ == "__main__":
    sys.exit(main())
