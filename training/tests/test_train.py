"""The training run: exact resume, the same model on several processes, refusals."""

import os
import signal
import subprocess
import sys
import time
import unittest

from support import MODEL, REPOSITORY, TINY, Case, settings, shards

import torch
import yaml
from safetensors.torch import load_file

from phonelm_training import export
from phonelm_training.bench import Bench, operations
from phonelm_training.bench import run as run_bench
from phonelm_training.checkpoint import checkpoints
from phonelm_training.config import read
from phonelm_training.model import PhoneLMForCausalLM, read_config
from phonelm_training.plot import rows_of
from phonelm_training.settings import Settings, rate
from phonelm_training.study import Study
from phonelm_training.study import run as run_study
from phonelm_training.train import train

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(REPOSITORY / "training"), "OMP_NUM_THREADS": "1"}


class Runs(Case):
    def weights(self, name):
        return load_file(self.folder / name / "hf" / "model.safetensors")

    def losses(self, name):
        return [
            [row[key] for key in ("step", "lr", "loss", "gradient")] for row in rows_of(self.folder / name / "log.csv")
        ]

    def test_it_learns_and_writes_what_it_says(self):
        data, held_out = shards(self.folder / "data"), shards(self.folder / "held-out", seed=2)
        train(settings(data, validation=[{"path": str(held_out)}], steps=30), self.folder / "run")
        rows = rows_of(self.folder / "run" / "log.csv")
        self.assertEqual([int(row["step"]) for row in rows], list(range(30)))
        self.assertGreater(float(rows[0]["loss"]), 8)
        self.assertLess(float(rows[-1]["validation_loss"]), 6)
        self.assertTrue((self.folder / "run" / "loss.svg").read_text().startswith("<?xml"))
        self.refused("holds a run", train, settings(data), self.folder / "run")
        self.refused("no checkpoint to go on from", train, settings(data), self.folder / "run", resume=True)

    def test_killed_and_resumed_is_uninterrupted_to_the_bit(self):
        data, best = shards(self.folder / "data"), shards(self.folder / "best", seed=3)
        values = {"model": MODEL, "data": [{"path": str(data)}], "decay_data": [{"path": str(best)}], "batch": 4}
        values |= {
            "rows": 2,
            "steps": 60,
            "warmup": 2,
            "log_every": 1,
            "save_every": 8,
            "qat": "q4_0",
            "qat_share": 0.3,
        }
        config = self.folder / "run.yaml"
        config.write_text(yaml.safe_dump(values))
        train(read(Settings, config), self.folder / "whole")
        command = [sys.executable, "-m", "phonelm_training", "pretrain", config, "--out", self.folder / "killed"]
        killed = subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        log, deadline = self.folder / "killed" / "log.csv", time.monotonic() + 60
        while not (checkpoints(self.folder / "killed") and len(log.read_text().splitlines()) > 12):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.005)
        killed.send_signal(signal.SIGKILL)
        self.assertEqual(killed.wait(), -signal.SIGKILL)
        self.assertFalse((self.folder / "killed" / "hf").exists())
        train(read(Settings, config), self.folder / "killed", resume=True)
        whole, resumed = self.weights("whole"), self.weights("killed")
        self.assertEqual(whole.keys(), resumed.keys())
        self.assertTrue(all(torch.equal(whole[name], resumed[name]) for name in whole))
        self.assertEqual(self.losses("whole"), self.losses("killed"))
        self.assertEqual(len(checkpoints(self.folder / "killed")), 2)
        export.export(self.folder / "killed", self.folder / "exported" / "hf")
        self.assertTrue(all(torch.equal(whole[name], value) for name, value in self.weights("exported").items()))

    def test_two_processes_train_the_model_of_one(self):
        data, config = shards(self.folder / "data", documents=60), self.folder / "run.yaml"
        held_out = shards(self.folder / "held-out", seed=2)
        values = {"model": MODEL, "data": [{"path": str(data)}], "batch": 8, "rows": 2, "steps": 12, "warmup": 2}
        # Muon's products in bf16 would turn another order of a sum into 2e-4 nats.
        values |= {"log_every": 1, "save_every": 6, "optimizer": "adamw"}
        values |= {"validation": [{"path": str(held_out)}], "validate_every": 3, "validate_rows": 16}
        config.write_text(yaml.safe_dump(values))
        code = "import sys; from phonelm_training import agree; agree.run(sys.argv[1], [], sys.argv[2], 2, 1e-5)"
        command = [sys.executable, "-c", code, config, self.folder / "agree"]
        done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        one, rows = (rows_of(self.folder / "agree" / name / "log.csv") for name in ("one", "several"))
        for a, b in zip(one, rows):
            self.assertEqual(bool(a["validation_loss"]), int(a["step"]) % 3 == 2)
            if a["validation_loss"]:
                self.assertAlmostEqual(float(a["validation_loss"]), float(b["validation_loss"]), delta=1e-5)
        self.assertLess(float(rows[-1]["loss"]), float(rows[0]["loss"]) - 0.5)

    def test_parts_of_a_batch_sum_to_the_whole(self):
        data = shards(self.folder / "data")
        for rows in (1, 4):
            train(settings(data, rows=rows, optimizer="adamw"), self.folder / str(rows))
        for one, four in zip(self.losses("1"), self.losses("4")):
            self.assertAlmostEqual(float(one[2]), float(four[2]), delta=1e-5)

    def test_a_checkpoint_of_another_run_is_refused_and_kept(self):
        data = shards(self.folder / "data")
        changes = {"save_every": 6, "keep": 9}
        train(settings(data, **changes), self.folder / "run")
        before = {path: path.read_bytes() for path in self.folder.glob("run/**/*") if path.is_file()}
        go_on = lambda **more: train(settings(data, **(changes | more)), self.folder / "run", resume=True)
        self.refused("hidden_size 32 and not 64", go_on, model={**MODEL, "hidden_size": 64})
        self.refused("lr = 0.003, and now it is 0.001", go_on, lr=1e-3)
        self.refused("decay_share = 0.3", go_on, decay_share=0.5)
        self.assertEqual(before, {path: path.read_bytes() for path in self.folder.glob("run/**/*") if path.is_file()})
        state = next((checkpoints(self.folder / "run")[-1] / "state").glob("*.distcp"))
        state.write_bytes(state.read_bytes()[:100])
        self.refused("cannot be read", go_on)
        (checkpoints(self.folder / "run")[-1] / "run.json").write_text("{")
        self.refused("is damaged", go_on)
        self.refused("neither a checkpoint nor a run", export.export, self.folder / "data", self.folder / "x")
        self.refused("is not empty", export.export, self.folder / "run", self.folder / "data")

    def test_a_run_may_be_made_longer_before_its_decay(self):
        data = shards(self.folder / "data")
        train(settings(data, save_every=6, keep=9), self.folder / "run")
        for late in checkpoints(self.folder / "run")[1:]:
            for path in sorted(late.rglob("*"), reverse=True):
                path.unlink() if path.is_file() else path.rmdir()
        train(settings(data, save_every=6, steps=16), self.folder / "run", resume=True)
        train(settings(data, steps=16), self.folder / "long")
        self.assertEqual(self.losses("run"), self.losses("long"))

    def test_finetuning_begins_with_the_weights(self):
        data = shards(self.folder / "data")
        train(settings(data, steps=20), self.folder / "first")
        start = str(self.folder / "first" / "hf")
        train(settings(data, steps=5, model="", start=start), self.folder / "second")
        self.assertLess(float(self.losses("second")[0][2]), 6.5)
        other = {**MODEL, "num_hidden_layers": 3}
        self.refused(
            "num_hidden_layers 2 and not 3", train, settings(data, start=start, model=other), self.folder / "x"
        )
        (self.folder / "first" / "hf" / "model.safetensors").write_bytes(b"no weights")
        self.refused("cannot be read", train, settings(data, model="", start=start), self.folder / "y")

    def test_what_cannot_run_is_refused(self):
        data = shards(self.folder / "data")
        run = lambda **changes: train(settings(data, **changes), self.folder / "none")
        self.refused("batch of 5 rows does not divide", run, batch=5, rows=2)
        self.refused("the model's is 64", run, context=128)
        self.refused("more ids than the model's vocab_size 512", run, model={**MODEL, "vocab_size": 512})
        self.refused("either steps or tokens", settings, data, tokens=5)
        self.refused("optimizer is 'sgd'", settings, data, optimizer="sgd")
        self.refused("lr is 0", settings, data, lr=0)
        other = self.folder / "tokenizer.json"
        other.write_text((data / "tokenizer.json").read_text() + " ")
        self.refused("made with another tokenizer", run, tokenizer=str(other))
        self.assertFalse((self.folder / "none" / "log.csv").exists())


class Configs(Case):
    def test_every_config_of_the_repository_is_read(self):
        from phonelm_training.documents import Corpus
        from phonelm_training.tokenizer import Training

        kinds = {"bench": Bench, "study": Study, "corpus": Corpus, "documents": Corpus, "tokenizer": Training}
        found = sorted((REPOSITORY / "training" / "configs").glob("*.yaml"))
        self.assertGreater(len(found), 5)
        for path in found:
            kind = kinds.get(path.stem.split("-")[0], Settings)
            changes = {"second": ["start=models/phonelm-tiny"], "documents": [f"tokenizer={TINY}/tokenizer.json"]}.get(
                path.stem, []
            )
            read(kind, path, changes)

    def test_the_studys_shapes_are_of_one_size(self):
        study = read(Study, REPOSITORY / "training" / "configs" / "study.yaml")
        sizes = [PhoneLMForCausalLM(config).num_parameters() for config in study.configs.values()]
        self.assertGreaterEqual(len(sizes), 8)
        self.assertTrue(all(abs(size / 10.63e6 - 1) < 0.013 for size in sizes), sizes)

    def test_bad_configs_say_what_is_wrong(self):
        path = self.folder / "run.yaml"
        for text, part in (
            ("[1]", "no mapping"),
            ("a: [", "no YAML"),
            ("rate: 1", "no setting 'rate'"),
            ("steps: many", "steps is 'many'"),
            ("batch: 1.5", "batch is 1.5"),
        ):
            path.write_text(text)
            self.refused(part, read, Settings, path)
        path.write_text("model: {}\ndata: generator\nsteps: 5\n")
        self.refused("write name=value", read, Settings, path, ["lr"])
        changed = read(Settings, path, ["lr=3e-4", "model.hidden_size=8"])
        self.assertEqual((changed.lr, changed.model), (3e-4, {"hidden_size": 8}))
        self.refused("cannot be read", read, Settings, self.folder / "none.yaml")

    def test_the_rate_warms_up_stays_and_decays_to_zero(self):
        run = Settings(model="x", data="generator", steps=100, warmup=10, decay_share=0.2, lr=1.0)
        rates = [rate(run, step, 100) for step in range(100)]
        self.assertEqual((rates[0], rates[9], rates[79], rates[80]), (0.1, 1.0, 1.0, 1.0))
        self.assertTrue(all(a > b for a, b in zip(rates[80:], rates[81:])))
        self.assertLess(rates[99], 0.03)


class Benches(Case):
    def test_a_bench_counts_the_operations_of_the_matrices(self):
        made = PhoneLMForCausalLM(read_config(MODEL))
        matrices = 2 * (32 * 32 * 2 + 32 * 16 * 2 + 3 * 32 * 64) + 32 * 4096
        self.assertEqual(operations(made, 64), 6 * matrices + 6 * 2 * 32 * 64)
        run_bench(Bench(model=MODEL, rows=[2], steps=1))

    def test_a_study_compares_shapes(self):
        out = self.folder / "study"
        study = Study(
            model={"vocab_size": 4096, "max_position_embeddings": 1024},
            shapes=[
                {"num_hidden_layers": 1, "hidden_size": 32, "num_attention_heads": 2, "intermediate_size": 32},
                {"num_hidden_layers": 2, "hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 32},
            ],
            corpus={"tokens": 60_000, "pack": 1024, "workers": 1},
            held_out=60_000,
            run={"steps": 2, "batch": 2, "warmup": 1, "validate_rows": 2},
            parallel=2,
        )
        run_study(study, out)
        self.assertEqual([row["name"] for row in rows_of(out / "results.csv")], ["1x32", "2x16"])
        speed = self.folder / "speed.csv"
        speed.write_text("name,tokens_per_second\n1x32,100\n2x16,90\n")
        study.speed = str(speed)
        run_study(study, out)
        self.assertIn("<svg", (out / "study.svg").read_text())
        speed.write_text("a,b\n")
        self.refused("names no shape", run_study, study, out)


if __name__ == "__main__":
    unittest.main()
