#!/usr/bin/python3
"""The milter's throughput on the bare protocol: every mail committed before its verdict, SQLite on this machine's disk.

    tests/bench/bench_milter.py [MAILS] [BYTES]

POSTERN_BUILD names the build folder. Run by hand; a busy machine gives other numbers.
"""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

from harness.gateway import Gateway, build_folder  # noqa: E402


def main():
    mails, size = (int(word) for word in (sys.argv[1:] + ["4000", "4000"][len(sys.argv) - 1:])[:2])
    bench = os.path.join(build_folder(), "tests", "bench", "bench-milter")
    for connections in (1, 4, 16, 64):
        gateway = Gateway.scratch(settings={"log.level": "warning"})
        gateway.prepare()
        gateway.milter.start()
        done = subprocess.run([bench, gateway.socket, str(connections), str(max(1, mails // connections)), str(size)],
                              check=False)
        stored = gateway.rows("SELECT count(*) AS n FROM raw")[0]["n"]
        print(f"    stored: {stored}, database: {os.path.getsize(gateway.database) >> 20} MiB", flush=True)
        gateway.leave()
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
