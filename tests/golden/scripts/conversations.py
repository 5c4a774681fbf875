"""The conversations that every chat template renders; see templates.py for who gets which."""

ALARM = {
    "type": "function",
    "function": {
        "name": "set_alarm",
        "description": "Sets an alarm.",
        "parameters": {
            "type": "object",
            "properties": {
                "hour": {"type": "integer", "description": "Hour, 0-23"},
                "label": {"type": "string", "description": "Name of the alarm"},
            },
            "required": ["hour"],
        },
    },
}
# Characters that careless JSON filters escape: < > & ' " and non-ASCII; a nested value and a list.
AWKWARD = {
    "type": "function",
    "function": {
        "name": "find",
        "description": "Finds \"places\" <near> & 'here' – Köln, 東京",
        "parameters": {
            "type": "object",
            "properties": {"kind": {"type": "string", "enum": ["café", "park & ride"], "description": "What"}},
            "required": [],
        },
    },
}


def user(text):
    return {"role": "user", "content": text}


def system(text):
    return {"role": "system", "content": text}


def assistant(text):
    return {"role": "assistant", "content": text}


def calls(*functions):
    """An assistant message of tool calls; ids have nine characters because Mistral demands it."""
    return {
        "role": "assistant",
        "content": "",
        "tool_calls": [
            {"id": f"call0000{n}", "type": "function", "function": {"name": name, "arguments": arguments}}
            for n, (name, arguments) in enumerate(functions, 1)
        ],
    }


def result(n, name, text):
    return {"role": "tool", "name": name, "content": text, "tool_call_id": f"call0000{n}"}


WAKE = user("Wake me at seven.")
SET = calls(("set_alarm", {"hour": 7, "label": "früh <1> & \"2\""}))
DONE = result(1, "set_alarm", '{"ok": true}')

PLAIN = {
    "user": [user("Hello")],
    "system_user": [system("You are a pirate."), user("Who are you?")],
    "multi_turn": [system("Be short."), user("12 + 13?"), assistant("25."), user("And half of that?")],
    "multi_turn_no_system": [user("Hi"), assistant("Hello!"), user("What can you do?")],
    "unicode": [user("今天天气很好 🙂 e\u0301 Köln"), assistant("Ja – très bien 👍🏽"), user("मौसम?")],
    "whitespace": [system("  padded\n"), user("\n  lead and trail \t\n"), assistant("  spaced  "), user("\n")],
    "whitespace_no_system": [user("\n  lead and trail \t\n"), assistant("  spaced  "), user(" x")],
    "empty_content": [user(""), assistant(""), user("x")],
    "two_users": [user("One"), user("Two")],
    "system_late": [user("Hi"), system("Now be brief."), user("Go on")],
}
TOOLS = {
    "tools": ([ALARM], [WAKE]),
    "tools_system": ([ALARM, AWKWARD], [system("Be a phone."), WAKE]),
    "tool_result": ([ALARM], [WAKE, SET, DONE]),
    "tool_answer": ([ALARM], [WAKE, SET, DONE, assistant("Done."), user("Thanks")]),
    "two_calls": (
        [ALARM],
        [WAKE, calls(("set_alarm", {"hour": 7}), ("set_alarm", {"hour": 8})), DONE, result(2, "set_alarm", "late")],
    ),
}
THINKING = [user("1+1?"), assistant("<think>\neasy\n</think>\n\n2"), user("2+2?")]
