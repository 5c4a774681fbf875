"""A conversation as text, exactly as the chat template gives it.

<|im_start|>system
Be brief.

<tools>
dial(to)
</tools><|im_end|>
<|im_start|>user
Call Anna.<|im_end|>
<|im_start|>assistant
<tool_call>
{"name": "dial", "arguments": {"to": "Anna"}}
</tool_call><|im_end|>
"""

import json

from .catalogue import functions, short

# The two statements of one layout: `template(form)` goes into the model, `text` is its fast twin for the corpus.
_LINE = {
    "names": "{{- f.name + '\\n' }}",
    "signature": "{{- f.name + '(' + sig.text + ')\\n' }}",
    "described": "{{- f.name + '(' + sig.text + '): ' + f.description + '\\n' }}",
}
_TEMPLATE = """\
{%- if messages[0].role == 'system' %}{% set head = messages[0].content %}{% else %}{% set head = '' %}{% endif %}
{%- if head or tools %}
{{- '<|im_start|>system\\n' + head }}
{%- if tools %}
{%- if head %}{{- '\\n\\n' }}{% endif %}
{{- '<tools>\\n' }}
{%- for tool in tools %}
{%- if tool.function is defined %}{% set f = tool.function %}{% else %}{% set f = tool %}{% endif %}
{%- set sig = namespace(text='') %}
{%- if f.parameters is defined and f.parameters.properties is defined %}
{%- for name, kind in f.parameters.properties.items() %}
{%- if not loop.first %}{% set sig.text = sig.text + ', ' %}{% endif %}
{%- set sig.text = sig.text + name %}
{%- if f.parameters.required is not defined or name not in f.parameters.required %}{% set sig.text = sig.text + '?' %}{% endif %}
{%- if kind.enum is defined %}{% set sig.text = sig.text + ': ' + kind.enum | join('|') %}{% endif %}
{%- endfor %}
{%- endif %}
LINE
{%- endfor %}
{{- '</tools>' }}
{%- endif %}
{{- '<|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
{%- if message.role == 'tool' %}
{%- if loop.first or messages[loop.index0 - 1].role != 'tool' %}{{- '<|im_start|>user' }}{% endif %}
{{- '\\n<tool_response>\\n' + message.content + '\\n</tool_response>' }}
{%- if loop.last or messages[loop.index0 + 1].role != 'tool' %}{{- '<|im_end|>\\n' }}{% endif %}
{%- elif message.role == 'assistant' %}
{{- '<|im_start|>assistant' }}
{%- if message.content %}{{- '\\n' + message.content }}{% endif %}
{%- if message.tool_calls is defined and message.tool_calls %}
{%- for call in message.tool_calls %}
{%- if call.function is defined %}{% set c = call.function %}{% else %}{% set c = call %}{% endif %}
{{- '\\n<tool_call>\\n{"name": "' + c.name + '", "arguments": ' + (c.arguments | tojson) + '}\\n</tool_call>' }}
{%- endfor %}
{%- elif not message.content %}{{- '\\n' }}{% endif %}
{{- '<|im_end|>\\n' }}
{%- elif message.role != 'system' or not loop.first %}
{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{% endif %}
"""


def template(form):
    """The Jinja chat template that renders the functions in `form`."""
    return _TEMPLATE.replace("LINE", _LINE[form]).replace("\n{%-", "{%-").replace("\n{{-", "{{-").rstrip("\n")


def call_text(name, arguments):
    """One call in hermes form."""
    body = json.dumps({"name": name, "arguments": arguments}, ensure_ascii=False)
    return f"<tool_call>\n{body}\n</tool_call>"


def text(document, form, generation_prompt=False):
    """The document {'tools': [names], 'messages': [...]} as text."""
    messages, out = document["messages"], []
    head = messages[0]["content"] if messages and messages[0]["role"] == "system" else ""
    catalogue = functions()
    if head or document["tools"]:
        out.append(f"<|im_start|>system\n{head}")
        if document["tools"]:
            lines = "".join(short(catalogue[name], form) + "\n" for name in document["tools"])
            out.append(("\n\n" if head else "") + f"<tools>\n{lines}</tools>")
        out.append("<|im_end|>\n")
    for index, message in enumerate(messages):
        role = message["role"]
        if role == "system":
            continue
        if role == "tool":
            if messages[index - 1]["role"] != "tool":
                out.append("<|im_start|>user")
            out.append(f"\n<tool_response>\n{message['content']}\n</tool_response>")
            if index + 1 == len(messages) or messages[index + 1]["role"] != "tool":
                out.append("<|im_end|>\n")
        elif message.get("tool_calls"):
            calls = "".join(
                "\n" + call_text(c["function"]["name"], c["function"]["arguments"]) for c in message["tool_calls"]
            )
            said = f"\n{message['content']}" if message["content"] else ""
            out.append(f"<|im_start|>assistant{said}{calls}<|im_end|>\n")
        else:
            out.append(f"<|im_start|>{role}\n{message['content']}<|im_end|>\n")
    if generation_prompt:
        out.append("<|im_start|>assistant\n")
    return "".join(out)
