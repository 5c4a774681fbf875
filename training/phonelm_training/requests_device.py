"""Requests for the camera, documents, files and ringtones, and the same wish said twice."""

from . import spans
from .calls import Call, Request
from .grammar import CLOSE, OPEN, pick, raw, say
from .requests_settings import open_settings

_CAMERA = {
    "photo": (
        "[get|have|put|bring] the camera [up|on|out|open|ready] [|and leave it on|for photos|and keep it open|so i can shoot]",
        "[the|my] camera[, please|, open it|, now|, quick]",
        "[i'd like|i want|i need] the camera [app |][open|on|up|running|ready|started]",
        "[i'm going|i'm about] to [take|shoot] [lots of|some|many|a few] [photos|pictures|pics][, open the camera|, camera please|, start the camera|, get the camera up]",
        "[pull|bring|get|fire] up the [camera|camera app|cam]",
        "[cam|camera app|the camera app][, please| please|, open|: open]",
        "[open|start|launch|run] the [cam|camera app|camera application|photo app]",
        "[leave|keep] the camera [open|running|on] [for pictures|for photos|for me|]",
        "[open|start|launch|bring up|turn on|switch on|fire up|show|activate|get] [the|my|] [camera|camera|camera app|photo camera|cam]",
        "camera [please|app|on|]",
        "[open|start] the camera [for photos|in photo mode|to take pictures|for pictures|so i can take pictures]",
        "[i need|i want|get me|give me|let me have] [the|my] camera",
        "[i want|i'd like] to [use|open] [the|my] camera",
        "[get|have] the camera ready",
        "where is [the|my] camera",
        "[camera|photo] mode",
        "[take|bring] me to the camera",
        "[let me|i want to] [look through|see through|frame a shot with] the camera",
        "open the camera and [leave|keep] it open",
        "[the sunset is|the view is|my baby is] [beautiful|lovely|doing something funny][, open the camera|, camera quick|, get the camera ready]",
    ),
    "video": (
        "[get|have|bring] the [video camera|camera for video|camera in video mode] [up|on|open|ready|started] [|and leave it on|and keep it open]",
        "[i'd like|i want|i need] the camera [open|on|up|ready] [for filming|for video|in video mode|to record]",
        "[i'm going|i'm about] to [film|shoot video|record] [a lot|all day|some clips|the whole thing][, open the camera|, camera please|, open the video camera|, start the camera]",
        "[leave|keep] the camera [open|running|on] [in video mode|for filming|for videos]",
        "[open|start|launch|run] the [camera|camera app|cam] [set to video|with video on|and switch to video|on video|for shooting clips]",
        "[open|start|launch|bring up|turn on|fire up|switch on] [the|my|] [video camera|camcorder]",
        "[open|start|launch|switch] [the|my|] camera [in|to|on|in the] video mode",
        "[open|start|launch] [the|my] camera [for video|for videos|for filming|to film|to shoot video|ready for video|so i can film|for recording]",
        "video [camera|mode] [please|]",
        "[i need|i want|get me] the [video camera|camera in video mode|camera for filming]",
        "[put|set|switch] the camera [into|in|to|on] video mode",
        "[get|have] the [video camera|camera] ready [to film|for filming|for a video]",
        "camera[,| in| on] video [mode|please]",
    ),
}
_PHOTO = (
    "[take|snap|shoot|make|capture|grab|get] [a|a|one|another|me a|the] [photo|picture|photo|pic|snapshot|shot|image|photograph|quick photo|quick picture]",
    "[take|snap|shoot|make] [a|one] [photo|picture|pic|shot] of [me|us|this|that|the {noun}|my {noun}|this {noun}|it|the two of us|everyone|the view|the sky|my face|the whole table]",
    "[take|snap|make|shoot] a selfie [|with me|of us|please]",
    "selfie [please|time|]",
    "[photograph|snap|capture] [this|me|us|the {noun}|that {noun}|my {noun}|it]",
    "[i want|i need|i'd like] [a|one] [photo|picture|selfie|pic|shot] [of this|of me|of the {noun}|now|of my {noun}|]",
    "[can|could] you [take|snap|shoot] [a|one] [photo|picture|pic] [|of me|of us|of this|of the {noun}]",
    "[say cheese|cheese|smile][, take a picture|, one photo|!|, snap it]",
    "[i want to|let me|i'd like to|i need to] [take|snap] [a|one] [photo|picture|pic|selfie] [|of this {noun}|of the {noun}]",
    "[one|a single|just one] [picture|photo|shot] [of the {noun}|please|of this|of us]",
    "[what a|such a] [nice|beautiful|lovely|funny] {noun}[, take a photo|, take a picture|, snap it|, i want a picture]",
    "[get|take] a [shot|picture|photo] of [the|this|my] {noun} [before it's gone|quickly|for me|please]",
    "[click|shoot] a [pic|picture|photo]",
    "use the camera to [take|snap] [a|one] [picture|photo] [of the {noun}|of me|]",
    "[photo|picture|snapshot|pic|selfie][,|:|!|] [please|now|of this|of me|of us|quick]",
    "[i must|we should|let's|we have to] [photograph|take a picture of|get a photo of|snap] [this|that|the {noun}|us|my {noun}]",
    "[take|snap|shoot] [this|it|that|us|me|the {noun}] [in a photo|as a picture|with the camera] [|please|for me]",
    "[press|hit] the shutter",
    "[get|grab] [me|us|] [one|a] [quick|nice|good|] [photo|picture|shot|pic] [of the {noun}|of this|with the {noun}|together|]",
    "[immortalise|capture|freeze] [this|the] [moment|{noun}|scene|view] [in a photo|in a picture|]",
    "[just|only] [one|a single] [photo|picture|pic|snap] [and done|please|, that's it|, then close the camera]",
    "[photo|picture] of [the|my|this|that] {noun}[, please|, now|, take it|]",
)
_VIDEO = (
    "[record|film|shoot|make|take|capture|start recording|start] [a|a|one|a short|a quick|another|me a] [video|clip|movie|video clip|recording]",
    "[record|film|shoot|make|take] [a|one|a short] [video|clip|movie] of [me|us|this|that|the {noun}|my {noun}|it|everyone|the kids|the view]",
    "[film|videotape|record] [this|me|us|the {noun}|my {noun}|that {noun}|it|the kids|everything|the next minute]",
    "[i want|i need|i'd like] [a|one] [video|clip|short video|recording] [of this|of me|of the {noun}|of my {noun}|]",
    "[can|could] you [record|film|shoot|make] [a|one] [video|clip|short clip] [|of me|of us|of this|of the {noun}]",
    "[i want to|let me|i'd like to|i need to] [record|film|shoot|make] [a|one] [video|clip|movie] [|of this {noun}|of the {noun}|now]",
    "[start|begin] [filming|recording|video recording|a recording]",
    "[take|shoot] some [video|footage] [of the {noun}|of this|of me|]",
    "video [recording|capture] [now|please|of the {noun}|]",
    "[get|capture] this [on video|on film|on camera as a video|in a video]",
    "[i want to|let me|i should] [film|record] [this|the {noun}|my {noun}|the kids|it|a message]",
    "[what a|such a] [nice|funny|great] {noun}[, film it|, record it|, make a video|, get it on video]",
    "[video|clip|recording][,|:|!|] [please|now|of this|of me|of us|quick]",
    "[i must|we should|let's|we have to] [film|record|make a video of|get a clip of] [this|that|the {noun}|us|my {noun}]",
    "[roll|start] the [camera|tape][, action|, i'm ready| and record| and film]",
    "[get|grab|make] [me|us|] [one|a] [quick|short|nice|] [video|clip|recording] [of the {noun}|of this|with the {noun}|together|]",
    "[capture|keep|save] [this|the] [moment|{noun}|scene|song] [as a video|on video|in a clip]",
    "[just|only] [one|a single] [video|clip|recording] [and done|please|, that's it|, then stop]",
    "[video|clip|film] of [the|my|this|that] {noun}[, please|, now|, record it|]",
    "[film|record] [me|us|them] [while|as] [i|we|they] [sing|dance|cook|jump|talk|play|open the {noun}]",
)


def restated(rng):
    """The same wish said twice in other words; it is one call."""
    make = rng.choice(
        (
            open_settings,
            open_settings,
            open_settings,
            open_camera,
            take_photo,
            record_video,
            open_document,
            pick_ringtone,
        )
    )
    first, second = make(rng), make(rng)
    while second.calls[0].arguments != first.calls[0].arguments:
        second = make(rng)
    asks = first.text.startswith(("what", "which", "where", "how"))
    joiner = rng.choice(
        (". ", ". ", ", ", "; ", "? " if asks else ". ", " - ", ", i mean ", ", that is, ", ". so ", ". please ")
    )
    return Request(first.text + joiner + second.text, first.calls, True)


def open_camera(rng):
    """The camera app, left open."""
    mode = "video" if rng.random() < 0.4 else "photo"
    return Request(
        pick(rng, _CAMERA[mode]),
        [
            Call(
                "open_camera",
                {"mode": mode},
                lambda rng, _: say(
                    rng,
                    ("the camera is open.", "camera ready.", "the camera is ready for {mode}s.", "here is the camera."),
                    mode=mode,
                ),
            )
        ],
    )


def take_photo(rng):
    """One picture."""
    return Request(
        pick(rng, _PHOTO, noun=spans.noun_phrase(rng)),
        [
            Call(
                "take_photo",
                {},
                lambda rng, _: say(
                    rng,
                    (
                        "got it, one photo.",
                        "your photo is saved.",
                        "the picture is taken.",
                        "done, i have the picture.",
                    ),
                ),
            )
        ],
    )


def record_video(rng):
    """One video."""
    return Request(
        pick(rng, _VIDEO, noun=spans.noun_phrase(rng)),
        [
            Call(
                "record_video",
                {},
                lambda rng, _: say(
                    rng,
                    ("the video is recorded.", "your video is saved.", "got it, one video.", "done, i have the video."),
                ),
            )
        ],
    )


_KINDS = {
    "text": (
        "document",
        "text document",
        "text file",
        "doc",
        "file",
        "note",
        "word document",
        "text",
        "blank document",
        "page",
    ),
    "pdf": ("pdf", "pdf", "pdf file", "pdf document", "PDF"),
    "spreadsheet": (
        "spreadsheet",
        "spreadsheet",
        "sheet",
        "excel sheet",
        "table",
        "spreadsheet file",
        "excel file",
        "workbook",
    ),
    "presentation": (
        "presentation",
        "presentation",
        "slide deck",
        "slideshow",
        "deck",
        "slides",
        "powerpoint",
        "set of slides",
        "slide show",
    ),
}
_CREATE = (
    "[create|make|start|open|set up|add|begin|generate|new|prepare|get me] [a|a new|an empty|a blank|] {kind} [called|named|titled|with the name|with the title|by the name|under the name|:|-|and call it|and name it|, call it|, name it|, title] {name}",
    "[i need|i want|i'd like|give me] [a|a new|an empty|a blank] {kind} [called|named|titled|with the name|, call it|, name it|, name] {name}",
    "[create|make|start] [a|a new|an empty] {kind} for [my|the|] {name}",
    "new {kind}[:| named| called|,] {name}",
    "[create|make|start|begin] {name} as [a|a new|an empty|] {kind}",
    "[call|name] [a|the] new {kind} {name}",
    "[can|could] you [create|make|start] [a|a new|an empty] {kind} [called|named|titled] {name}",
    "{name} [should be|as|needs to be] a new {kind}[, create it|, make it|]",
    "[create|make|start|open|set up] [a|my|an empty] {name} {kind}",
    "[start|open up|begin] [a|a fresh|a brand new] {kind}[, title it|, the name is|, it's called| and call it] {name}",
    "i [want|have|need] to [write|start|make] a {kind} [called|named|titled] {name}",
    "[document|file|new document|new file][:|,| -] {name}[, a|, kind|, type| as a| as] {kind}",
    "[a|one] [new|fresh|blank|empty|] {kind}[, name|, called| with the title|: | named| titled] {name}",
    "[i'm starting|we're starting|let's start|let's make|we need] a [new|fresh|blank|] {kind}[, name it|, call it| called| named|, title] {name}",
    '[create|make|start|open] [a|a new] {kind} [called|named|titled] "{name}"',
    "[start|open|make|set up] [a|an empty|a blank] {kind}[. call it|. name it|. name:|. title:|; name] {name}",
    "[prepare|set up|lay out] {name} as [a|an empty|a blank|a new] {kind}",
    "[my|the] new {kind} [is|will be|should be|shall be] [called|named|titled] {name}[, create it|, make it|]",
)
_OPEN_DOC = {
    "any": (
        "[open|show|find|load|bring up|pull up|choose|look for] [a|one of my|some|my|an existing|one of the] [document|file|documents|saved document|docs]",
        "[let me|i want to|i'd like to|i need to|help me] [open|choose|pick|read|look at|select|continue] [a|one of my|an existing|an old|one of the] [document|documents|file i saved|saved document]",
        "[open|show] [my|the] [documents|document list|existing documents|saved documents]",
        "open document",
        "i [want|need] to [get|go] back to [a|one of my] [document|documents] [i was working on|i started|from last week|]",
        "where are my documents[, open one|, let me open one|]",
        "[browse|look through] my documents",
    ),
    "text": (
        "[open|show|find|load|bring up|pull up|choose|read] [a|one of my|my|an existing|some|the] [text document|text file|text|note file|word document|text documents|doc file|text files]",
        "[let me|i want to|i'd like to|i need to] [open|choose|pick|read|edit|look at] [a|one of my|an existing|my] [text document|text file|word document|text files|written note]",
        "open text [document|file]",
    ),
    "pdf": (
        "[open|show|find|load|bring up|pull up|choose|read|view] [a|one of my|my|an existing|some|the|that] [pdf|pdf file|pdf document|pdfs|PDF]",
        "[let me|i want to|i'd like to|i need to] [open|choose|pick|read|view|look at|sign|check] [a|one of my|an existing|my|the] [pdf|pdf file|pdf document|PDF]",
        "[which|what] pdfs do i have[, open one|, let me choose|? open one]",
        "pdf [opening|reader] please",
        "open pdf",
    ),
    "spreadsheet": (
        "[open|show|find|load|bring up|pull up|choose|view] [a|one of my|my|an existing|some|the] [spreadsheet|excel sheet|excel file|sheet|spreadsheets|table|workbook]",
        "[let me|i want to|i'd like to|i need to] [open|choose|pick|edit|look at|work on|check] [a|one of my|an existing|my] [spreadsheet|excel sheet|spreadsheets|excel file|table]",
        "open spreadsheet",
        "i [want|need] to [continue with|go back to|see] [my|a|the] [spreadsheet|excel sheet|numbers in the spreadsheet]",
    ),
    "presentation": (
        "[open|show|find|load|bring up|pull up|choose|view] [a|one of my|my|an existing|some|the] [presentation|slides|slide deck|powerpoint|deck|slideshow|presentations]",
        "[let me|i want to|i'd like to|i need to] [open|choose|pick|edit|look at|rehearse|give|check|work on] [a|one of my|an existing|my|the] [presentation|slide deck|powerpoint|slides|deck]",
        "open presentation",
        "[my talk|the talk|my lecture] [starts|is] soon[, open my slides|, open the presentation|, i need my slides]",
    ),
}
_PICK_FILE = {
    "image": (
        ("photo", "picture", "image", "pic", "screenshot"),
        ("photos", "pictures", "images", "pics", "screenshots"),
    ),
    "video": (("video", "clip", "video file", "movie"), ("videos", "clips", "video files", "movies")),
    "audio": (
        ("audio file", "song", "recording", "sound file", "voice memo", "mp3", "music file", "voice recording"),
        ("audio files", "songs", "recordings", "sound files", "voice memos", "mp3s", "music files", "voice recordings"),
    ),
    "any": (("file", "file", "attachment", "item"), ("files", "files", "attachments", "things")),
}
_PICK_ONE = (
    "[attach|upload|import|pick|choose|select|add|insert] [a|a|one|an existing] {thing} [|from my phone|from the gallery|from my files|from storage|from my device]",
    "[let me|i want to|i'd like to|i need to|help me] [attach|upload|import|pick|choose|select|add] [a|one] {thing} [|from my phone|to this|here|to attach|to send|to share|to upload]",
    "[choose|pick|select|find] [a|one] {thing} [to attach|to send|to upload|to share|to import|for the attachment|for the upload]",
    "[browse|look] for [a|one] {thing} [to attach|to upload|to send|to import]",
    "[import|load|bring in] [a|one] {thing}",
    "[open|show|bring up] the [file picker|picker|file chooser] for [a|one] {thing}",
    "{thing} [upload|import|attachment|picker] [please|]",
    "[which|what] {thing}[? let me choose|? let me pick one|, i'll pick one| should i send? let me pick]",
    "[can|could|may] i [attach|upload|pick|choose|add] a {thing}",
    "[only|just] one {thing}[, let me choose|, let me pick it| to attach]",
    "[the form|the chat|this|she|he|the website] [needs|wants] [a|one] {thing}[, let me choose it|, let me pick one|, attach one|, i'll pick it]",
)
_PICK_MANY = (
    "[attach|upload|import|pick|choose|select|add|insert] [several|multiple|some|a few|many|a couple of|a bunch of|my|two|three|all the|more than one of my|various] {things} [|from my phone|from the gallery|from my files|at once]",
    "[let me|i want to|i'd like to|i need to|help me] [attach|upload|import|pick|choose|select|add] [several|multiple|some|a few|many|a couple of|two or three|a bunch of] {things} [|from my phone|to this|at once|to send|to share]",
    "[choose|pick|select|find] [several|multiple|some|a few|a couple of] {things} [to attach|to send|to upload|to share|to import]",
    "[import|load|bring in] [several|multiple|some|a few|all my|a batch of] {things}",
    "[open|show] the [file picker|picker|file chooser] for [several|multiple|] {things}",
    "{things} [upload|picker|to attach|to upload], [several|more than one|multiple|many] [please|]",
    "[which|what] {things}[? let me choose several|? let me pick a few|, i'll pick some]",
    "[can|could|may] i [attach|upload|pick|choose|add] [several|multiple|a few|more than one of the] {things}",
)


def create_document(rng):
    """A new, empty document."""
    kind = rng.choices(tuple(_KINDS), (45, 15, 20, 20))[0]
    name = spans.document_name(rng)
    word = rng.choice(_KINDS[kind])
    text = pick(rng, _CREATE, kind=raw(word), name=name)
    for bad, good in (
        (" a empty", " an empty"),
        (" a excel", " an excel"),
        (" a slides", " slides"),
        (" a new slides", " new slides"),
        ("file file", "file"),
    ):
        text = text.replace(bad, good)
    return Request(
        text,
        [
            Call(
                "create_document",
                {"name": name, "kind": kind},
                lambda rng, _: say(
                    rng,
                    (
                        "the {kind} {name} is ready.",
                        "i created {name}.",
                        "{name} is there, still empty.",
                        "new {kind}: {name}.",
                    ),
                    name=name,
                    kind={"text": "document", "pdf": "PDF"}.get(kind, kind),
                ),
            )
        ],
        text.endswith(CLOSE),
    )


def open_document(rng):
    """An existing document, which the user chooses."""
    kind = rng.choices(tuple(_OPEN_DOC), (30, 15, 20, 18, 17))[0]
    return Request(
        pick(rng, _OPEN_DOC[kind]),
        [
            Call(
                "open_document",
                {"kind": kind},
                lambda rng, _: say(
                    rng,
                    (
                        "choose the one you want to open.",
                        "pick the document from the list.",
                        "here are your documents.",
                        "which one? pick it from the list.",
                    ),
                ),
            )
        ],
    )


def pick_file(rng):
    """Files to attach or import."""
    kind = rng.choice(tuple(_PICK_FILE))
    multiple = rng.random() < 0.45
    singular, plurals = _PICK_FILE[kind]
    if multiple:
        text = pick(rng, _PICK_MANY, things=raw(rng.choice(plurals)))
    else:
        thing = rng.choice(singular)
        text = pick(rng, _PICK_ONE, thing=raw(thing))
        if thing[0] in "aio":
            text = text.replace(f" a {thing}", f" an {thing}").replace(
                f" a {OPEN}{CLOSE}{thing}", f" an {OPEN}{CLOSE}{thing}"
            )
    return Request(
        text,
        [
            Call(
                "pick_file",
                {"kind": kind, "multiple": multiple},
                lambda rng, _: say(
                    rng,
                    ("choose what you want to use.", "the file list is open.", "pick from the list.", "please choose."),
                ),
            )
        ],
    )


_RINGTONE = (
    "[change|set|choose|pick|select|switch|replace|update] [my|the|a|a new|a different|another] [ringtone|ring tone|ringtone|ringing sound|call sound|call tone]",
    "[i want|i need|i'd like|give me|let me have] [a new|another|a different|a better|a nicer] [ringtone|ring tone|ring sound]",
    "[let me|i want to|i'd like to|help me|can i|i need to] [change|choose|pick|select|set|hear] [my|the|a|a new|a different] [ringtone|ring tone|ringtones]",
    "[show|list|open|browse] [me|] [the|my|all|available] [ringtones|ring tones|ringtone list|ringtone picker]",
    "[my|this|the] ringtone is [boring|annoying|too old|awful|driving me crazy|ugly|so dull][, change it|, let me choose another|, i want another|]",
    "new ringtone [please|]",
    "ringtone [picker|choice|selection|]",
    "[what|which] ringtones [do i have|are there|can i choose]",
    "[i'm|i am] [tired|sick|bored] of [my|this|the] [ringtone|ring tone]",
    "[my phone|it|the phone] should [ring|sound] [differently|with another sound|with a different tone] [when someone calls|for calls|on calls]",
    "a different [sound|melody|tune|tone] [when people call|for incoming calls|when someone calls me|for calls]",
    "[pick|choose|change] [the|a] [sound|melody|tune|tone|song] [for incoming calls|when someone calls|that plays when people call|for my calls]",
    "everyone [has|uses] the same ringtone[, i want another|, let me change mine|]",
    "[give|get|find] [my phone|me|this phone] a [new|better|different|nicer|fresh] [ringtone|ring tone|ring]",
    "[i don't like|i hate|i can't stand|i'm done with] [my|this|the] [ringtone|ring tone][, change it|, let me pick another|. new one please|]",
    "[browse|go through|listen to|look through|hear] [the|my|some|all the] [ringtones|ring tones] [|and choose one|and pick one]",
    "[ringtone|ring tone|ring sound][:|,| -] [let me choose|change|pick a new one|another one]",
    "[let's|time to] [change|swap|switch|pick|choose] [the|my|a] [ringtone|ring tone]",
    "[choose|select] [how|the way] my phone rings",
    "[another|a different|some other] [ringtone|ring tone|ring][, please|, let me choose|]",
)


def pick_ringtone(rng):
    """The ringtone chooser."""
    return Request(
        pick(rng, _RINGTONE),
        [
            Call(
                "pick_ringtone",
                {},
                lambda rng, _: say(
                    rng, ("choose the ringtone you like.", "here are the ringtones.", "pick a ringtone from the list.")
                ),
            )
        ],
    )


FUNCTIONS = {
    "open_settings": open_settings,
    "open_camera": open_camera,
    "take_photo": take_photo,
    "record_video": record_video,
    "create_document": create_document,
    "open_document": open_document,
    "pick_file": pick_file,
    "pick_ringtone": pick_ringtone,
}
