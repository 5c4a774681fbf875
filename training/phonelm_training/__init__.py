"""Corpus, tokenizer, training, export and measuring of phonelm-tiny.

    python -m phonelm_training --help

Everything that is random draws from one seed per shard, so a run can be repeated document by document.
"""
