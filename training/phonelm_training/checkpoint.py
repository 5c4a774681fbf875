"""Checkpoints of a run: weights and optimizers in torch.distributed.checkpoint's form, readable on any number of GPUs.

    OUT/checkpoints/step-00001000/    state/ (the tensors) and run.json (settings, config, step)

The rows of a step and the learning rate follow from the step, and nothing else in a run is random, so weights,
optimizers and the step are the whole state.
"""

import json
import shutil
import warnings
from pathlib import Path

import torch.distributed.checkpoint as dcp
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_model_state_dict,
    get_state_dict,
    set_state_dict,
)

from .errors import Problem

_RUN = "run.json"


def checkpoints(out):
    """The whole checkpoints of a run, the latest last."""
    return sorted(path.parent for path in Path(out).glob(f"checkpoints/step-????????/{_RUN}"))


def save(world, out, model, optimizers, run, keep):
    """Writes the state after `run["step"]` steps beside the older ones and then removes all but the last `keep`."""
    place = Path(out) / "checkpoints" / f"step-{run['step']:08}"
    partial = place.with_suffix(".partial")
    if world.first:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
    world.wait()
    weights, states = get_state_dict(model, optimizers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dcp.save({"model": weights, "optimizers": states}, checkpoint_id=partial / "state")
    if world.first:
        (partial / _RUN).write_text(json.dumps(run, indent=1) + "\n")
        shutil.rmtree(place, ignore_errors=True)
        partial.rename(place)
        for old in checkpoints(out)[:-keep]:
            shutil.rmtree(old)
    world.wait()


def read_run(folder):
    """The run.json of a checkpoint."""
    path = Path(folder) / _RUN
    try:
        return json.loads(path.read_text())
    except OSError:
        raise Problem(f"{folder} is no checkpoint: it has no {_RUN}") from None
    except ValueError as error:
        raise Problem(f"{path} is damaged: {error}; go on from an older checkpoint") from None


def load(folder, model, optimizers):
    """Fills the model and its optimizers."""
    weights, states = get_state_dict(model, optimizers)
    _load(folder, {"model": weights, "optimizers": states})
    set_state_dict(model, optimizers, model_state_dict=weights, optim_state_dict=states)


def load_weights(folder, model):
    """Fills the model alone."""
    _load(folder, {"model": get_model_state_dict(model)})


def _load(folder, state):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dcp.load(state, checkpoint_id=Path(folder) / "state")
    except (Exception, CheckpointException) as error:
        raise Problem(f"the checkpoint {folder} cannot be read: {_reason(error)}") from None


def _reason(error):
    """The innermost message: the library wraps what each process met."""
    causes = getattr(error, "failures", None)
    if causes:
        error = next(iter(causes.values()))[0]
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def whole_weights(model):
    """All weights on the CPU; on several GPUs only the first process gets them."""
    return get_model_state_dict(model, options=StateDictOptions(full_state_dict=True, cpu_offload=True))
