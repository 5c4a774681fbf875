"""Several processes under torchrun: FSDP2 over all of them, one GPU each (or CPU processes, with gloo).

torchrun --nproc-per-node 8 -m phonelm_training pretrain CONFIG --out runs/big
"""

import os

import torch
import torch.distributed as dist
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard, register_fsdp_forward_method


class World:
    """This process among the others; of one process alone nothing is communicated."""

    def __init__(self):
        self.size, self.rank = int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("RANK", 0))
        self.device = torch.device("cpu")
        if torch.cuda.is_available():
            self.device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
            torch.cuda.set_device(self.device)
        if self.size > 1 and not dist.is_initialized():
            dist.init_process_group("cpu:gloo,cuda:nccl" if self.device.type == "cuda" else "gloo")

    @property
    def first(self):
        return self.rank == 0

    def print(self, *what):
        if self.first:
            print(*what, flush=True)

    def total(self, tensor):
        """The sum over all processes."""
        if self.size > 1:
            dist.all_reduce(tensor)
        return tensor

    def agreed(self, number):
        """The first process's number."""
        if self.size == 1:
            return number
        box = [number]
        dist.broadcast_object_list(box)
        return box[0]

    def wait(self):
        if self.size > 1:
            dist.barrier()

    def close(self):
        if dist.is_initialized():
            dist.destroy_process_group()

    def shard(self, model, bf16):
        """Spreads the weights over the processes, layer by layer; gradients are summed in f32 and averaged."""
        if self.size == 1:
            return model.to(self.device)
        policy = MixedPrecisionPolicy(
            param_dtype=torch.bfloat16 if bf16 else None, reduce_dtype=torch.float32, cast_forward_inputs=False
        )
        mesh = dist.init_device_mesh(self.device.type, (self.size,))
        for layer in model.model.layers:
            fully_shard(layer, mesh=mesh, mp_policy=policy)
        fully_shard(model, mesh=mesh, mp_policy=policy)
        register_fsdp_forward_method(model, "token_logits")
        return model.to(self.device)
