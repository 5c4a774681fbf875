"""Whether several GPUs train the same model as one: the same config run by 1 and by N processes, and from a checkpoint
of N processes on by 1, with the largest difference of the losses.

    python -m phonelm_training agree training/configs/agree.yaml --out runs/agree --processes 2
"""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

from .checkpoint import checkpoints
from .errors import Problem
from .plot import rows_of


def run(config, changes, out, processes, tolerance):
    """Prints the differences; refuses those above the tolerance (in nats)."""
    out = Path(out)
    if out.exists() and any(out.iterdir()):
        raise Problem(f"{out} is not empty: remove it or give another folder")
    one = _pretrain(config, changes, out / "one", 1)
    several = _pretrain(config, changes, out / "several", processes)
    middle = checkpoints(out / "several")[0]
    shutil.copytree(middle, out / "on" / "checkpoints" / middle.name)
    shutil.copyfile(out / "several" / "log.csv", out / "on" / "log.csv")
    on = _pretrain(config, changes, out / "on", 1, "--resume")
    found = {
        "steps": len(one),
        "first_loss": one[0],
        "last_loss": one[-1],
        "processes": processes,
        "largest_difference": _largest(one, several),
        "checkpoint": middle.name,
        "largest_difference_from_checkpoint_on_one": _largest(one, on),
    }
    print(json.dumps(found, indent=1), flush=True)
    if max(_largest(one, several), _largest(one, on)) > tolerance:
        raise Problem(f"the losses differ by more than {tolerance}")


def _largest(one, other):
    if len(one) != len(other):
        raise Problem(f"one run logged {len(one)} losses and the other {len(other)}")
    return round(max(abs(a - b) for a, b in zip(one, other)), 6)


def _pretrain(config, changes, out, processes, *more):
    began = time.monotonic()
    start = [sys.executable, "-m"]
    if processes > 1:
        start += ["torch.distributed.run", "--standalone", "--nproc-per-node", str(processes), "-m"]
    command = [*start, "phonelm_training", "pretrain", str(config), "--out", str(out), *more]
    for change in changes:
        command += ["--set", change]
    if subprocess.run(command).returncode:
        raise Problem(f"{processes} process(es) failed: see above")
    print(f"{processes} process(es): {time.monotonic() - began:.0f} s", flush=True)
    return [float(row["loss"]) for row in rows_of(out / "log.csv")]
