"""Corpus, tokenizer, training, export and measuring of PhoneLM models.

    python -m phonelm_training --help

Everything that is random draws from a seed and a number, so a run can be repeated row by row.
"""
