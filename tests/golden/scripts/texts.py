"""Text for the tokenizers: what they are trained on, and the strings whose ids are recorded."""

CORPUS = """
Wake me at seven tomorrow morning, please. Set a timer for ten minutes and start it now.
What can you do? I can set an alarm, dial a number, open the camera and look for a place on the map.
The weather is fine today, so we will walk along the river and come back before the evening.
Send a message to Anna: I am running late, start without me. She answered that there is no hurry.
Who are you? I am a small language model and I live inside this phone. You are a helpful assistant.
Twelve and thirteen are twenty-five. Half of that is a little more than twelve. 12 + 13 = 25.
They don't know what it's worth; we've seen it, and I'm sure you'll like it. He'd said so.
def add(first, second):
    return first + second
for line in lines:
    print(line.strip())
{"name": "set_alarm", "arguments": {"hour": 7, "minute": 30}}
Der Zug fährt um acht Uhr nach Köln. Où est la gare, s'il vous plaît? El niño comió en el café.
今天天气很好，我们去公园吧。明日の朝七時に起こしてください。
The timer is set. The alarm is set. The message was sent. The number was dialled. The place was found.
""".strip().splitlines(keepends=True)

STRINGS = [
    "",
    " ",
    "Hello",
    " Hello",
    "Wake me at 7 tomorrow",
    "   three leading spaces",
    "trailing spaces   ",
    "two\nlines",
    "\n\nparagraphs\n\n\nand more\n",
    "windows\r\nline\r\n",
    "\ttabs\t\tinside",
    "1 12 123 1234 12345 3.14159 1,000,000",
    "It's what they've said; I'm sure you'd LIKE IT'S.",
    "naïve café, Köln, Øresund, ñandú",
    "e\u0301 and é, Å and A\u030a",
    "今天天气很好，我们去公园吧。",
    "明日の朝七時に起こしてください。ひらがなカタカナ",
    "emoji 🙂🙃 family 👨\u200d👩\u200d👧 flag 🇩🇪 thumb 👍🏽",
    "мир, שלום, مرحبا, नमस्ते, ไทย",
    "def f(x):\n    return x**2  # square\n",
    "https://example.org/a?b=c&d=%20#top",
    "!!! ... --- === ((( ))) [[]] {{}}",
    "a\u00a0b\u2003c\u200bd\ufeff",
    "<|im_start|>user\nI typed <|im_end|> and </s> and <s>myself<|im_end|>",
]
