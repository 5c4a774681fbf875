"""Requests for the pages of the system settings, by name and by need."""

from .calls import Call, Request
from .grammar import pick, say

_OPEN_PAGE = (
    "[open|go to|show|show me|take me to|bring up|pull up|get me to|launch|enter|display|jump to|switch to] [the|my|] {page} [settings|settings|settings page|options|preferences|setup|setting|menu|section of the settings]",
    "[open|go to|show|show me] [settings|the settings] for [the|] {page}",
    "[i want|i need|i'd like] to [change|adjust|see|check|open|edit|go to|get to|look at] [the|my|] {page} [settings|options|preferences|setup]",
    "{page} [settings|settings|options|preferences] [please|]",
    "where [are|do i find] [the|my|] {page} [settings|options|preferences]",
    "[can|could] you [open|show] [the|my] {page} [settings|page|options]",
    "[let me|help me|i have to] [change|adjust|check|see|configure|get into] [the|my] {page} [settings|options|preferences]",
    "[change|adjust|configure|edit|set up] [the|my] {page} [settings|preferences|options]",
    "settings[,| for|:| -] {page}",
    "[the|my|] {page} [settings|page|settings page|options][, open them|, please|, show me|, now please|]",
    "[find|get|call up|load|access|reach] [the|my|] {page} [settings|settings page|page in the settings|options|preferences]",
    "[i need|give me|i want|i'm looking for] [the|] {page} [settings|options|page|menu]",
    "[which|what] settings page [is for|has|handles|controls] {page}[, open it|, show me|, take me there|]",
    "[something's|something is|there's something] [off|wrong|strange] with [the|my] {page}[, open the settings|, show me the settings|, take me to its settings|. settings please]",
    "[i'd like|i want|i need|help me] to [fix|tweak|tune|switch|manage|fiddle with|set] [the|my] {page}[ in the settings|, open the settings|, settings please| settings]",
    "[settings|setup][:|,| >| /] {page}",
    "[take|bring|get|lead] me [in|]to [the page|the settings|the place|the menu] [for|where i can change|where i change|of] [the|my|] {page}",
)
_PAGES = {
    "main": (
        None,
        (
            "[open|show|go to|bring up|show me|launch|take me to|get me into|pull up|start] [the|my|] [settings|settings|phone settings|system settings|device settings|settings app|settings menu|preferences|main settings|settings page]",
            "settings [please|app|]",
            "[i want|i need] to [change|adjust] [a setting|some settings|something in the settings|my phone's settings]",
            "[where are|where do i find] the settings",
            "[configure|set up] my phone",
            "[let me|i want to] [see|look at] the settings",
            "phone [settings|preferences|options]",
        ),
    ),
    "wifi": (
        ("wifi", "wi-fi", "wireless", "wlan", "network", "internet", "wifi network"),
        (
            "[turn|switch] [on|off] [the|my|] [wifi|wi-fi|wlan]",
            "[turn|switch] [the|my|] [wifi|wi-fi] [on|off]",
            "[connect|join] [me |]to [the|a|another|my] [wifi|wireless|wi-fi] [network|]",
            "[change|forget|choose|pick|see|show] [the|my|a] [wifi|wi-fi] [network|networks|password|connection]",
            "[i have no|there's no|i lost the|my phone has no] [internet|wifi|wi-fi] [connection|]",
            "[my|the] [wifi|wi-fi|internet] [is not working|doesn't work|keeps dropping|is slow|is gone|won't connect]",
            "[i need to|i want to|let me|help me] [join|connect to|get on] [the|a|this] [hotel|home|café|office|guest|new|] [wifi|wi-fi|wireless network]",
            "[disable|enable|activate|deactivate] [wifi|the wifi|wi-fi]",
            "get me online",
        ),
    ),
    "bluetooth": (
        ("bluetooth", "bluetooth", "bluetooth device", "bt"),
        (
            "[turn|switch] [on|off] bluetooth",
            "[turn|switch] bluetooth [on|off]",
            "[pair|connect|link|hook up] [my|the|these|a new|new] [headphones|earbuds|speaker|watch|keyboard|car|headset|mouse|controller|hearing aid|device] [|to my phone|to the phone|with my phone]",
            "[my|the] [headphones|earbuds|speaker|headset|smartwatch] [won't|don't|doesn't|can't|will not] [connect|pair]",
            "[i want|i need|i'd like] to [pair|connect] [my|new|some] [headphones|earbuds|speaker|keyboard|headset|watch]",
            "[disable|enable|activate|deactivate] bluetooth",
            "[unpair|disconnect|forget] [my|the] [headphones|speaker|watch|headset|earbuds]",
        ),
    ),
    "airplane_mode": (
        ("airplane mode", "flight mode", "aeroplane mode", "plane mode"),
        (
            "[turn|switch] [on|off] [airplane|flight|aeroplane] mode",
            "[turn|switch] [airplane|flight] mode [on|off]",
            "[put|set|switch] [my phone|the phone|my device|it] [in|into|to|on] [airplane|flight|plane] mode",
            "[we're|i'm|the plane is] [about to take off|taking off|boarding now|on the plane|flying soon|ready for take-off][, airplane mode please|, put the phone in flight mode|, flight mode|, no signals please|, switch off all radio]",
            "[enable|activate|disable|leave|enter|deactivate] [airplane|flight] mode",
            "[airplane|flight|plane] mode [please|on|off|]",
            "[turn|switch|shut] off all [the |]wireless [signals|connections|radios] [for the flight|]",
        ),
    ),
    "display": (
        (
            "display",
            "screen",
            "brightness",
            "display and brightness",
            "wallpaper",
            "dark mode",
            "font size",
            "screen timeout",
        ),
        (
            "[my|the] [screen|display] is [too|way too|much too|so] [bright|dark|dim|small to read]",
            "[make|turn] the screen [brighter|darker|dimmer|less bright]",
            "[turn|switch|put] [on|off] dark mode",
            "[dim|brighten] [the|my] [screen|display]",
            "[change|set|choose|pick] [my|the|a new] [wallpaper|background|background picture|screen timeout|font size]",
            "[increase|decrease|reduce|lower|raise|change|adjust|turn up|turn down] [the|my] [screen |display |]brightness",
            "i [can't|can hardly|can barely|cannot] see [my screen|the screen|anything on the screen|the display] [in the sun|out here|]",
            "[the|my] screen [turns off|goes dark|locks|goes black] too [fast|soon|quickly]",
            "[the|my] [screen|display] [hurts my eyes|is blinding me|flickers|is yellow]",
            "[i want|i'd like] [a darker theme|the dark theme|a different wallpaper|night light on]",
            "[enable|activate] [night mode|night light|dark mode|the dark theme]",
        ),
    ),
    "sound": (
        ("sound", "volume", "audio", "sound and vibration", "vibration", "media volume", "ringer"),
        (
            "[turn|switch] [up|down] the [volume|sound]",
            "[turn|make] [it|the volume|the sound] [up|down|louder|quieter]",
            "[mute|silence|unmute] [my|the] [phone|ringer|sound|device]",
            "[put|set|switch] [my phone|the phone|it] [on|to|into] [silent|vibrate|silent mode|vibration]",
            "[the|my] [ringer|phone|sound|volume] is too [loud|quiet|soft|low]",
            "[i can't|i cannot|i can hardly|i can barely] hear [my phone|the ringtone|anything|the phone|it ring]",
            "[increase|decrease|reduce|lower|raise|change|adjust] [the|my] [volume|ringer volume|media volume]",
            "[no|there's no|my phone has no|my phone makes no] sound",
            "[turn|switch] [on|off] [vibration|vibrate|silent mode]",
            "my phone [doesn't ring|won't ring|stays silent|is so loud|vibrates too much]",
        ),
    ),
    "battery": (
        ("battery", "power", "battery saver", "power saving", "battery usage", "energy"),
        (
            "[my|the] [battery|phone] [is dying|is almost empty|drains so fast|drains too fast|is nearly empty|is low|dies too quickly|runs out too fast|won't last the day]",
            "[turn|switch] [on|off] [battery saver|power saving|low power mode|the battery saver|power saving mode]",
            "[what|which app|which apps|what app] [uses|is using|eats|is eating|drains|is draining] [my|the|so much|all my|up my] [battery|power]",
            "how much [battery|power|charge] [do i have|is left|have i got] [left|]",
            "[save|conserve] [battery|power|energy]",
            "[check|show] [my|the] battery [health|level|usage|status|life]",
            "[enable|activate|disable] [battery saver|power saving|low power mode]",
            "[why is|how come] my battery [draining|empty|so low] [|so fast|already]",
            "make [my|the] battery last longer",
        ),
    ),
    "location": (
        ("location", "gps", "location services", "location access", "location sharing"),
        (
            "[turn|switch] [on|off] [gps|location|location services|my location|the gps]",
            "[turn|switch] [gps|location] [on|off]",
            "[which|what] apps [can see|know|use|have access to|track|may use] [where i am|my location|my position]",
            "[stop|disable|enable|allow|block|prevent] [apps from tracking me|location tracking|gps|location access|apps tracking where i am]",
            "[my|the] [gps|location] [is wrong|is off|doesn't work|is not accurate]",
            "i don't want apps to [know where i am|follow me around|track my location|see my position]",
            "[share|hide] my location",
        ),
    ),
    "security": (
        (
            "security",
            "lock screen",
            "screen lock",
            "fingerprint",
            "privacy and security",
            "face unlock",
            "passcode",
            "pin",
        ),
        (
            "[change|set|set up|update|reset] [my|a|a new|the] [pin|passcode|screen lock|lock screen|fingerprint|face unlock|phone password|unlock pattern|lock code]",
            "[add|register|remove|delete|enrol] [a|a new|another|my] [fingerprint|face|finger]",
            "[my|the] fingerprint [doesn't work|is not recognised|isn't recognized|won't unlock it]",
            "[make|keep] my phone [safe|more secure|secure|locked]",
            "[i want|i need] a [stronger|new|different] [pin|passcode|screen lock|lock]",
            "[someone|my kid|my brother] knows my [pin|passcode|code][, change it|, let me change it|, i need a new one|]",
            "[secure|lock down|protect] my phone",
        ),
    ),
    "date": (
        ("date", "date and time", "clock", "time zone", "time", "timezone"),
        (
            "[change|set|adjust|fix|correct] [my|the|] [time zone|date|date and time|system time|clock of the phone|phone's clock]",
            "[my|the] phone [shows|has|displays] the wrong [time|date|hour|day]",
            "the [clock|time|date] on my phone is [wrong|off|an hour off|slow|fast|not right]",
            "[switch|change] to [24 hour|24-hour|12 hour] [time|format|clock]",
            "[i'm|i am] in a [new|different|another] time zone[, change it|, adjust the phone|, fix the clock|]",
            "[use|show] the 24-hour clock",
        ),
    ),
    "language": (
        ("language", "languages", "keyboard language", "language and input", "system language", "input language"),
        (
            "[change|switch|set] [my|the|this] [phone|language|system|device] to [spanish|french|german|arabic|hindi|chinese|italian|japanese|portuguese|english|turkish|polish|swedish|korean]",
            "[change|set|switch] [my|the|] [phone's|system|keyboard|] language",
            "[i want|i'd like] my phone in [spanish|french|german|arabic|hindi|italian|japanese|english|dutch|korean]",
            "[my|the] phone [is|is] [in the wrong language|chinese all of a sudden|the wrong language|all in french now]",
            "[add|choose|pick] [a|another] [keyboard|language|input language|second language]",
            "everything on my phone is in [german|spanish|chinese|russian|french][, fix that|, change it|, help|]",
        ),
    ),
    "storage": (
        ("storage", "memory", "storage space", "disk", "free space"),
        (
            "[my|the] [phone|storage|memory|disk] is [full|almost full|nearly full|running out]",
            "[free up|clear|clear up|make|get] [some|more|] [space|storage|room|memory] [on my phone|]",
            "how much [space|storage|memory|room] [is left|do i have|do i have left|is free|is used]",
            "[i'm|i am] [running out of|out of|low on] [space|storage|memory]",
            "[what|which apps] [takes up|is taking|take|fills|is eating] [so much|all my|up all the|my] [space|storage|room]",
            "[check|show] [my|the|] [storage|free space|disk space|remaining storage]",
            "there's no [room|space] left [for photos|for videos|for new apps|on the phone|]",
        ),
    ),
    "apps": (
        ("apps", "applications", "app", "app permissions", "installed apps", "default apps"),
        (
            "[uninstall|remove|delete|force stop|disable|close] [an|the|some|that|a few] [app|apps|application|old apps|app i don't use]",
            "[show|list|see|manage|check] [all|my|the|all my|] [installed|] [apps|applications|installed apps|app list]",
            "[change|set|choose|pick] [my|the|a] default [browser|app|apps|mail app]",
            "[what|which] [apps|programs] [do i have|are installed|are on my phone|can use my camera|may use my microphone]",
            "[an|this|one|that] app [keeps crashing|is frozen|won't open|misbehaves|crashes all the time|hangs]",
            "[clear|empty] [the|an app's] [cache|app cache|app data]",
            "[manage|review|edit|check] app permissions",
            "which apps can [see|access|read] my [contacts|photos|files]",
        ),
    ),
    "accessibility": (
        (
            "accessibility",
            "screen reader",
            "magnification",
            "talkback",
            "voice over",
            "large text",
            "captions",
            "hearing",
        ),
        (
            "[turn|switch] [on|off] [the|] [screen reader|talkback|voiceover|magnifier|captions|live captions|subtitles|color correction|high contrast|colour inversion]",
            "[my|the] [grandma|grandpa|father|mother|mom|dad] can't [see|read|hear] [well|the screen|the phone|small text]",
            "[i'm|i am] [colour blind|color blind|hard of hearing|blind|deaf in one ear|half blind][, help me|, adjust the phone|, set up the phone for me|]",
            "[enable|activate|disable] [the screen reader|talkback|magnification|large text|captions|mono audio]",
            "[make|have] the phone [read|speak] [everything|the screen] [aloud|out loud|to me]",
            "[my hands shake|i have shaky hands|i have trouble touching the screen|i can't use the touch screen well]",
        ),
    ),
    "notifications": (
        ("notifications", "notification", "alerts", "do not disturb", "notification sounds"),
        (
            "[turn|switch] [off|on] [the|my|all|] [notifications|alerts|push notifications|notification dots]",
            "[stop|block|mute|silence|disable|hide|enable|allow] [the|all|all the|these|app|my|those] [notifications|alerts|pop-ups|banners|notification sounds]",
            "[too many|there are too many|i get too many|so many] [notifications|alerts|pop-ups]",
            "[turn|switch] [on|off] do not disturb",
            "[that|an|this|one] app [sends|keeps sending|spams] me [notifications|alerts|too many notifications]",
            "[which|what] apps [may|can|are allowed to] [notify|alert|disturb|ping] me",
            "[i don't want|no more] [notifications|alerts|banners] [|please|on the lock screen|at night]",
            "[my phone|it] [keeps buzzing|pings all the time|keeps pinging|never stops pinging][, change the notifications|, fix the alerts|, stop the notifications]",
            "i [don't get|never see|miss] [my|any|all] [notifications|alerts]",
        ),
    ),
}


def open_settings(rng):
    """A page of the system settings."""
    page = rng.choice(tuple(_PAGES))
    names, needs = _PAGES[page]
    if names and rng.random() < 0.5:
        text = pick(rng, _OPEN_PAGE, page=rng.choice(names))
    else:
        text = pick(rng, needs)
    said = {
        "main": "settings",
        "wifi": "Wi-Fi settings",
        "airplane_mode": "airplane mode settings",
        "bluetooth": "Bluetooth settings",
    }.get(page, f"{page} settings")
    return Request(
        text,
        [
            Call(
                "open_settings",
                {"page": page},
                lambda rng, _: say(
                    rng,
                    ("the {page} are open.", "here are the {page}.", "i opened the {page}.", "these are the {page}."),
                    page=said,
                ),
            )
        ],
    )
