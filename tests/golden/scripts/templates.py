"""What transformers renders and encodes for public chat templates.

templates/<name>/chat_template.jinja is input (README.md names its source); the rest is written here:
tokenizer.json and tokenizer_config.json, a tiny byte-level BPE with the template's special tokens, and
cases.json. A case has
    name, messages, tools or null, variables (further template variables), add_generation_prompt
and either
    text, ids             what apply_chat_template gives
or
    error {kind, message} the exception that the template raises.
The case typed_marks holds the template's own special tokens in user text. There `ids` reads them as special and
`ids_text` keeps them text, as transformers does with sanitize_control_tokens=True.
"""

import re

from tokenizers import AddedToken
from transformers import AutoTokenizer, PreTrainedTokenizerFast

import bpe
import conversations as talk
from common import TEMPLATES, write_json

CHATML = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
HERMES_TAGS = ["<tool_call>", "</tool_call>"]
DEEPSEEK_TOOLS = [
    f"<｜tool▁{part}▁{end}｜>" for part in ("calls", "call", "outputs", "output") for end in ("begin", "end")
] + ["<｜tool▁sep｜>"]
LLAMA3 = ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>", "<|python_tag|>"]
MISTRAL_TOOLS = ["[TOOL_CALLS]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]"]

# name: splitting, special tokens, added tokens that are not special, bos, eos, features
SETUPS = {
    "chatml": ("smollm", CHATML, [], None, "<|im_end|>", ""),
    "qwen2.5": ("qwen2", CHATML, HERMES_TAGS, None, "<|im_end|>", "tools"),
    "qwen3": ("qwen2", CHATML, [*HERMES_TAGS, "<tool_response>", "</tool_response>", "<think>", "</think>"], None, "<|im_end|>", "tools thinking"),
    "llama-3.2": ("gpt2", LLAMA3, [], "<|begin_of_text|>", "<|eot_id|>", "tools date bos"),
    "hermes-2-pro": ("gpt2", ["<|begin_of_text|>", "<|im_start|>", "<|im_end|>"], HERMES_TAGS, "<|begin_of_text|>", "<|im_end|>", "tools bos always"),
    "mistral-7b-v0.3": ("gpt2", ["<s>", "</s>", "[INST]", "[/INST]", *MISTRAL_TOOLS], [], "<s>", "</s>", "tools bos"),
    "gemma-2": ("gpt2", ["<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"], [], "<bos>", "<eos>", "bos"),
    "phi-3.5": ("gpt2", ["<s>", "<|endoftext|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"], [], "<s>", "<|endoftext|>", "rstrip"),
    "phi-4": ("gpt2", [*CHATML, "<|im_sep|>"], [], None, "<|im_end|>", ""),
    "smollm2": ("smollm", CHATML, [], None, "<|im_end|>", ""),
    "zephyr": ("gpt2", ["<s>", "</s>"], [], "<s>", "</s>", "bos"),
    "deepseek-r1": ("gpt2", ["<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"], ["<｜User｜>", "<｜Assistant｜>", "<think>", "</think>", *DEEPSEEK_TOOLS], "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "tools thinking bos"),
}
BASE = 340
MARK = ("\ue000", "\ue001")


def save_tokenizer(name: str) -> None:
    splitting, special, added, bos, eos, features = SETUPS[name]
    folder = TEMPLATES / name
    template = (folder / "chat_template.jinja").read_text(encoding="utf-8")
    raw = bpe.train(BASE, splitting)
    # Phi-3.5's marks swallow the white space after them.
    raw.add_special_tokens([AddedToken(t, special=True, normalized=False, rstrip="rstrip" in features and t != "<s>") for t in special])
    raw.add_tokens([AddedToken(t, special=False, normalized=False) for t in added])
    if "bos" in features:
        bpe.begin_with(raw, bos)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, bos_token=bos, eos_token=eos, chat_template=template, clean_up_tokenization_spaces=False)
    tokenizer.save_pretrained(folder)
    assert (folder / "chat_template.jinja").read_text(encoding="utf-8") == template


def conversations(name: str):
    """(name, messages, tools, variables, add_generation_prompt) of one template's cases."""
    _, special, _, _, _, features = SETUPS[name]
    # Llama 3.2 writes today's date unless it is told one.
    variables = {"date_string": "26 Jul 2024"} if "date" in features else {}
    # Hermes' tool template cannot do without tools.
    usual = [talk.ALARM] if "always" in features else None
    for case, messages in talk.PLAIN.items():
        yield case, messages, usual, variables, True
    yield "no_prompt", [talk.user("Hi"), talk.assistant("Hello!")], usual, variables, False
    yield "typed_marks", [talk.user(f"I typed {special[-1]} and{special[1]}this")], usual, variables, True
    if "tools" in features:
        for case, (tools, messages) in talk.TOOLS.items():
            yield case, messages, tools, variables, True
    if "always" in features:
        yield "without_tools", talk.PLAIN["user"], None, variables, True
    if "thinking" in features:
        yield "thinking_past", talk.THINKING, None, {}, True
        for state, on in {"on": True, "off": False}.items():
            yield f"thinking_{state}", talk.THINKING[:1], None, {"enable_thinking": on}, True


def ids_with_text_marks(tokenizer, messages, **how) -> list[int]:
    """Ids of a chat in which special tokens that stand in `messages` stay ordinary text.

    They are wrapped in private-use characters while the template renders; what is then a bare special
    token comes from the template, and each stretch of text between two of those is encoded as one.
    A second opinion on sanitize_control_tokens, which encodes each typed mark by itself.
    """
    special = {t.content: t for t in tokenizer.added_tokens_decoder.values() if t.special}
    longest_first = "|".join(re.escape(t) for t in sorted(special, key=len, reverse=True))
    wrapped = [m | {"content": re.sub(longest_first, lambda t: MARK[0] + t[0] + MARK[1], m["content"])} for m in messages]
    text = tokenizer.apply_chat_template(wrapped, tokenize=False, **how)
    pieces = re.split(f"(?<!{MARK[0]})({longest_first})(?!{MARK[1]})", text)
    ids = []
    for n, piece in enumerate(pieces):
        if n % 2 == 1:
            ids.append(tokenizer.convert_tokens_to_ids(piece))
            continue
        piece = piece.replace(MARK[0], "").replace(MARK[1], "")
        if n > 0 and special[pieces[n - 1]].rstrip:
            piece = piece.lstrip()
        ids += tokenizer(piece, add_special_tokens=False, split_special_tokens=True).input_ids
    return ids


def render(tokenizer, name, messages, tools, variables, add_generation_prompt) -> dict:
    case = dict(name=name, messages=messages, tools=tools, variables=variables, add_generation_prompt=add_generation_prompt)
    how = dict(tools=tools, add_generation_prompt=add_generation_prompt, **variables)
    encode = lambda **more: tokenizer.apply_chat_template(messages, tokenize=True, return_dict=False, **how, **more)
    try:
        text = tokenizer.apply_chat_template(messages, tokenize=False, **how)
    except Exception as error:  # whatever the template raises is the result
        return case | {"error": {"kind": type(error).__name__, "message": str(error)}}
    case |= {"text": text, "ids": encode()}
    if name == "typed_marks":
        case["ids_text"] = encode(sanitize_control_tokens=True)
    assert ids_with_text_marks(tokenizer, messages, **how) == case.get("ids_text", case["ids"]), name
    return case


def main() -> None:
    for name in SETUPS:
        save_tokenizer(name)
        tokenizer = AutoTokenizer.from_pretrained(TEMPLATES / name)
        cases = [render(tokenizer, *conversation) for conversation in conversations(name)]
        write_json(TEMPLATES / name / "cases.json", cases)
        print(f"{name}: {len(cases)} cases, raising: {[c['name'] for c in cases if 'error' in c]}")


if __name__ == "__main__":
    main()
