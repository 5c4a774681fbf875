"""The settings of a training run; configs/*.yaml holds them."""

from dataclasses import asdict, dataclass, field
from pathlib import Path

from . import attention, optimizer, quant
from .config import at_least
from .data import check_sources
from .errors import Problem
from .model import read_config

REPOSITORY = Path(__file__).resolve().parents[2]
MODEL = REPOSITORY / "models" / "phonelm-tiny"
COMPILE = ("", "model", "layers", "none")
GENERATOR = "generator"
_FREE = ("rows", "seconds", "attention", "compile", "workers", "log_every", "save_every", "keep", "validation")
_FREE += ("validate_every", "validate_rows", "start")
_FREE_BEFORE_DECAY = ("steps", "tokens", "decay_share", "decay_data", "qat", "qat_share")


@dataclass
class Settings:
    """A run of `pretrain` or `finetune`."""

    model: object = ""
    """A config.json, its folder, or the same names and values; left out, that of `start`."""
    start: str = ""
    """A Hugging Face folder whose weights the run begins with."""
    data: object = ""
    """A list of {path, weight} of shard folders, or `generator`."""
    decay_data: list = field(default_factory=list)
    """The best data, for the decay; left out, `data` goes on."""
    validation: list = field(default_factory=list)
    tokenizer: str = ""
    """A tokenizer.json; left out, that of the first data folder."""
    focus: float = 0.0
    """The share of the generator's conversations that offer all functions in the catalogue's order, beyond those that
    do so anyway."""
    form: str = "signature"
    """How functions stand in the prompt (names, signature, described); `""` for a model without a chat template."""
    seed: int = 1
    context: int = 0
    """Tokens a row; 0 for the model's whole context."""
    batch: int = 64
    """Rows a step, over all GPUs."""
    rows: int = 0
    """Rows that a GPU computes at once; 0 for its whole part. More than one such part a step are summed."""
    steps: int = 0
    tokens: int = 0
    """The length of the run, instead of `steps`."""
    warmup: int = 100
    decay_share: float = 0.3
    lr: float = 3e-3
    optimizer: str = "muon"
    weight_decay: float = 0.05
    clip: float = 1.0
    user_weight: float = 0.1
    """Weight in the loss of what the user typed; the assistant's tokens and plain text count 1, the rest 0."""
    qat: str = ""
    """Train for this rounding of the weights (q8_0, q4_0) in the last `qat_share` of the steps."""
    qat_share: float = 0.1
    bf16: bool = True
    """On a GPU; a CPU computes in f32."""
    attention: str = "flex"
    compile: str = ""
    """`model` as a whole, `layers` one by one (compiles faster, and is needed on several GPUs) or `none`."""
    seconds: float = 0.0
    """A limit for the whole run: the steps are cut once the speed is known; 0 for none."""
    workers: int = 15
    """Processes of the generator."""
    log_every: int = 20
    save_every: int = 1000
    """Steps between checkpoints; 0 for none at all."""
    keep: int = 2
    validate_every: int = 0
    """Steps between validations; 0 for one at the end."""
    validate_rows: int = 64

    def __post_init__(self):
        at_least(self, 1, "batch", "log_every", "keep", "workers", "validate_rows")
        at_least(
            self, 0, "context", "rows", "steps", "tokens", "warmup", "seconds", "save_every", "validate_every", "clip"
        )
        for name, value, allowed in (
            ("attention", self.attention, attention.KINDS),
            ("compile", self.compile, COMPILE),
            ("optimizer", self.optimizer, optimizer.KINDS),
            ("qat", self.qat, ("", *quant.KINDS)),
        ):
            if value not in allowed:
                raise Problem(f"{name} is {value!r}: it must be one of {', '.join(map(repr, allowed))}")
        for name in ("decay_share", "qat_share", "focus"):
            if not 0 <= getattr(self, name) <= 1:
                raise Problem(f"{name} is {getattr(self, name)}: it must be between 0 and 1")
        if self.lr <= 0:
            raise Problem(f"lr is {self.lr}: it must be above 0")
        if bool(self.steps) == bool(self.tokens):
            raise Problem("give either steps or tokens, the length of the run")
        if self.seconds and self.decay_data:
            raise Problem("seconds moves the beginning of the decay, so it does not go with decay_data")
        if not self.data:
            raise Problem(f"data is missing: a list of shard folders, or {GENERATOR}")
        for sources in (self.data, self.decay_data, self.validation):
            if sources and sources != GENERATOR:
                check_sources(sources)
        if not self.model and not self.start:
            raise Problem("model is missing: a config.json or its values")

    def config(self):
        """The model's config; that of `start` must have the same sizes."""
        wanted = read_config(self.model) if self.model else None
        begun = read_config(self.start) if self.start else wanted
        check_sizes(begun.sizes(), (wanted or begun).sizes(), self.start)
        return wanted or begun

    def tokenizer_path(self):
        if self.tokenizer:
            path = Path(self.tokenizer)
        else:
            path = MODEL / "tokenizer.json" if self.data == GENERATOR else Path(self.data[0]["path"]) / "tokenizer.json"
        if not path.is_file():
            raise Problem(f"the tokenizer is missing: {path}")
        return path

    def check_same(self, stored, decaying):
        """Refuses to go on from a run whose settings, in `stored`, would make another model."""
        free = _FREE if decaying else _FREE + _FREE_BEFORE_DECAY
        for name, value in asdict(self).items():
            if name not in free and name in stored and stored[name] != value:
                raise Problem(
                    f"the checkpoint was made with {name} = {stored[name]!r}, and now it is {value!r}: "
                    "set it back, or begin a new run with --out"
                )


def check_sizes(found, wanted, where):
    """Refuses weights of another shape."""
    wrong = [f"{name} {found[name]} and not {wanted[name]}" for name in wanted if found.get(name) != wanted[name]]
    if wrong:
        raise Problem(f"the weights in {where} are of another model: {', '.join(wrong)}")


def rate(settings, step, steps):
    """The learning rate: linear warm-up, flat, then 1 - sqrt down to zero over the last `decay_share`."""
    if step < settings.warmup:
        return settings.lr * (step + 1) / settings.warmup
    start = decay_start(settings, steps)
    if step < start:
        return settings.lr
    return settings.lr * max(0.0, 1 - ((step - start) / max(1, steps - start)) ** 0.5)


def decay_start(settings, steps):
    """The first step of the decay."""
    return int(steps * (1 - settings.decay_share))
