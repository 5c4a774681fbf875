"""Requests that no phone function serves, and how to say that one is not offered."""

from . import clock, spans
from .grammar import pick, say

ABILITIES = {
    "set_alarm": "set alarms",
    "show_alarms": "show your alarms",
    "set_timer": "start timers",
    "insert_event": "add calendar events",
    "insert_contact": "add contacts",
    "edit_contact": "change contacts",
    "view_contact": "show contacts",
    "pick_contact": "open the contact list",
    "get_contact_info": "read contact details",
    "dial": "make calls",
    "send_message": "send text messages",
    "send_email": "write e-mails",
    "web_search": "search the web",
    "search_location": "look up places",
    "navigate": "give directions",
    "open_settings": "open the settings",
    "open_camera": "open the camera",
    "take_photo": "take photos",
    "record_video": "record videos",
    "play_media": "play media",
    "create_document": "create documents",
    "open_document": "open documents",
    "pick_file": "choose files",
    "pick_ringtone": "change the ringtone",
}
_NOT_OFFERED = (
    "I can't {able} here.",
    "sorry, I can't {able} here.",
    "I have no function to {able} here.",
    "sorry, I'm not able to {able} in this app.",
    "I can't {able}: that function is not available here.",
    "that is not possible here, as I can't {able}.",
)


def not_offered(rng, name):
    """Says that the function `name` is missing."""
    return say(rng, _NOT_OFFERED, able=ABILITIES[name])


# (request patterns, what the assistant cannot do)
_IMPOSSIBLE = (
    (
        (
            "[order|get|buy] [me|us|] [a pizza|some sushi|a burger|dinner|food|lunch|a large coffee|two pizzas] [|from {name}|to my door|online|please]",
            "[i'm hungry|i'm starving][, order something|, get me a pizza|, order food]",
            "have [food|dinner|groceries|a pizza] delivered",
            "[i want|i'd like] [a pizza|food|groceries] delivered",
        ),
        "order food",
    ),
    (
        (
            "[book|order|get|call|hail] [me|us|] [a taxi|a cab|an uber|a ride|a lyft|a car with a driver] [|to {place}|for {time}|now|home]",
            "[i need|we need] [a taxi|a ride|a cab] [|to {place}|at {time}]",
        ),
        "order a ride",
    ),
    (
        (
            "[book|buy|get|reserve] [me|us|] [a flight|a plane ticket|train tickets|a hotel|a hotel room|a table|a table for two|concert tickets|a rental car|two seats] [|to {place}|in {place}|at {place}|for {day}]",
            "[reserve|book] [a table|a room|seats] at {place} [|for {day}|for four]",
        ),
        "make bookings",
    ),
    (
        (
            "[turn|switch] [on|off] the [lights|light|lamp|heating|heater|tv|television|oven|fan|air conditioning|radio|coffee machine|sprinkler|washing machine] [|in the kitchen|in the bedroom|upstairs|please]",
            "[dim|brighten] the [lights|lamps] [in the {noun} room|in the living room|]",
            "[set|turn up|turn down|lower|raise] the [thermostat|heating|air conditioning|temperature in the house|heating in the office] [|to 20 degrees|to 68|a bit]",
            "[lock|unlock|open|close|shut] the [front door|garage|garage door|blinds|curtains|windows|gate|back door]",
            "[vacuum|clean|mop] the [house|floor|living room|kitchen]",
            "[start|stop] the [robot vacuum|dishwasher|washing machine|lawn mower]",
        ),
        "control things in the house",
    ),
    (
        (
            "[what's|what is|how is|how's|tell me] the [weather|forecast|temperature|weather forecast|weather like] [|today|tomorrow|in {place}|outside|right now|{day}|for {day}]",
            "[will|is] it [rain|snow|be sunny|be cold|be windy|going to rain|raining|going to snow|hot outside|snowing] [|today|tomorrow|in {place}|{day}|right now]",
            "do i need [an umbrella|a coat|a jacket|sunscreen] [|today|tomorrow|{day}]",
            "how [cold|hot|warm] is it [|outside|in {place}|today]",
        ),
        "see the weather",
    ),
    (
        (
            "[what's|what is|tell me|give me|any|read me] the [news|headlines|latest news|top stories] [|today|in {place}]",
            "what [happened|is happening] in [the world|{place}] [today|]",
            "who [won|is winning|won the election|scored] [the game|the match|the race|yesterday|last night|]",
        ),
        "see the news",
    ),
    (
        (
            "[what's|what is|how is] the [stock|share] price of {company}",
            "[how is|how's] the [stock market|dollar|euro|bitcoin price] [doing|today|]",
            "[buy|sell|trade] [some|100|ten|my|all my] [stocks|shares|bitcoin|shares of {company}|{company} stock]",
        ),
        "look at markets",
    ),
    (
        (
            "[transfer|send|wire|pay|lend] [{name}|my landlord|mom] [some money|50 dollars|the rent|20 euros|100 pounds|my share]",
            "[send|transfer|wire] [50 dollars|some money|20 euros|money] to {name}",
            "[pay|settle] [my|the] [bill|electricity bill|credit card|rent|phone bill|parking ticket|taxes]",
            "[what's|check] my [bank balance|account balance|credit card balance|balance]",
            "how much money [do i have|is in my account|did i spend {day}]",
        ),
        "handle money",
    ),
    (
        (
            "[read|check|show|open] [me|] [my|the] [emails|email|inbox|messages|texts|last message|new messages|unread emails|voicemail|text messages]",
            "[do i have|are there|did i get|any] [any|] [new|unread] [messages|emails|texts|mail|voicemails]",
            "[what did|did] {name} [write|text|reply|say in the message|answer|message me]",
            "[delete|archive|forward|mark as read] [my|the|all|that|all my] [emails|messages|last text|email from {name}|texts]",
        ),
        "read your messages",
    ),
    (
        (
            "[what's|what is|what do i have|anything|show me what's] on my [calendar|agenda|schedule] [|today|tomorrow|{day}]",
            "[what|which|how many] [meetings|appointments|events] do i have [|today|tomorrow|{day}]",
            "[am i|are we] [free|busy] [{day}|tomorrow|at {time}|tonight]",
            "when is my [next meeting|next appointment|{noun} appointment|meeting with {name}]",
            "[cancel|delete|move|remove|reschedule|postpone] [my|the] [meeting|appointment|event|lunch with {name}|dentist appointment|{noun} class] [|tomorrow|{day}|to {time}|with {name}]",
        ),
        "read or change what is in the calendar",
    ),
    (
        (
            "[cancel|delete|remove|turn off|switch off|disable|stop|get rid of|clear] [my|the|that|all my|all|the {time}|my {time}] [alarm|alarms]",
            "[stop|cancel|pause|reset|delete|end|resume] [the|my|that|all] [timer|timers|countdown]",
            "[snooze|postpone] [the alarm|my alarm|it]",
            "how [much time|long] is left on [the|my] timer",
            "how much longer [is|on|for] the timer",
        ),
        "cancel or change alarms and timers",
    ),
    (
        (
            "[delete|remove|erase|block] [the contact|contact|] {name} [from my contacts|from my phone|from the address book]",
            "[block|unblock] [{name}|this number|that caller|{phone}]",
            "[delete|remove] {name}'s [number|contact|email]",
            "merge my [contacts|duplicate contacts]",
        ),
        "delete or block contacts",
    ),
    (
        (
            "[post|share|put|upload] [this|a photo|my picture|something|a story] [on|to] [instagram|facebook|twitter|tiktok|social media|my story]",
            "[like|comment on|follow|unfollow] {name} on [instagram|facebook|tiktok|twitter]",
            "tweet [that {noun} is {adj}|something|about {noun}]",
        ),
        "post on social media",
    ),
    (
        (
            "[install|download|get|update] [the|an|] [app|{noun} app|game|new app|latest update|update]",
            "[buy|order] [me|] [a|an|a new|some|new] {noun} [|online|on amazon|from the shop|please]",
            "[add|put] {noun} [to|on] my [shopping cart|cart|basket|wish list]",
            "[track|where is] my [package|parcel|order|delivery]",
            "[return|cancel] my order",
        ),
        "shop or install apps",
    ),
    (
        (
            "[turn|switch] [on|off] the [flashlight|torch]",
            "[flashlight|torch] [on|off|please]",
            "[take|make|capture] a [screenshot|screen recording]",
            "[restart|reboot|shut down|turn off|power off|lock] [my|the] phone",
            "[scan|read] [this|a|the] [qr code|barcode|document with the camera]",
            "[close|quit] all [my|the] [apps|open apps|windows]",
            "[copy|paste] [this|that|the text]",
            "find my [phone|keys|tablet|wallet|watch]",
            "[charge|clean|wash] my phone",
        ),
        "do that with the phone",
    ),
    (
        (
            "[translate|say] [this|{noun}|good morning|thank you|where is the {noun}|hello] [into|in|to] [spanish|french|german|chinese|japanese|italian|russian|arabic|swahili]",
            "how do you say {noun} in [spanish|french|german|chinese|japanese|italian|russian|korean]",
            "[what does|what is] {made} [mean|in english] [in english|in spanish|]",
        ),
        "translate",
    ),
    (
        (
            "[summarize|summarise|proofread|correct|rewrite|explain|shorten] [this|my|the|that] [text|article|essay|email|letter|book|document|chapter|page]",
            "write [me|] [an essay|a report|a cover letter|a novel|a computer program|code|a song|a business plan|a speech|a python script] [|about {noun}|for my {noun}|on {noun}]",
            "[do|finish|solve] my [homework|taxes|maths homework|exam|crossword]",
            "[fix|debug|review] my [code|program|website]",
        ),
        "write or edit long texts",
    ),
    (
        (
            "[draw|paint|generate|make|design] [me|] [a|an] [picture|image|drawing|logo|painting|poster] [of a {noun}|of {noun}|for my {noun}|]",
            "[edit|crop|enhance|retouch|brighten] [this|my|the last|that] [photo|picture|selfie|image]",
            "[delete|show|find|print|send] [my|all my|the|the last] [photos|pictures|videos|last photo|photos of {name}|holiday pictures]",
        ),
        "work on pictures",
    ),
    (
        (
            "[who|whose voice] is [calling|this|that caller]",
            "[answer|reject|decline|hang up|pick up|end|mute|hold] [the|this|that|my] [call|phone call|conversation|line]",
            "[record|transcribe] [this|the|my] [call|phone call]",
            "who [called|rang|phoned] [me|last|me yesterday|while i was out]",
            "[redial|call back] [the last number|whoever called|the last caller]",
            "how [long|many minutes] did i talk to {name}",
        ),
        "handle running calls",
    ),
    (
        (
            "[skip|pause|stop|next|previous|rewind|repeat|shuffle] [the|this|] [song|track|music|video|podcast|episode]",
            "[what|which] song is [this|playing|that]",
            "who [sings|wrote|is singing] this [song|]",
            "[make|create|delete] [a|my] playlist [of {noun} songs|called {noun}|]",
            "stop the music",
        ),
        "control what is playing",
    ),
    (
        (
            "[count|measure|track] my [steps|calories|heart rate|sleep|weight|runs]",
            "how many [steps|calories] [did i|have i] [take|burn|burned|taken|walk] [|today|{day}]",
            "[what's|is] [wrong with me|my pulse|my blood pressure|this rash dangerous]",
            "[diagnose|cure|treat] my [cough|headache|rash|back pain|{noun}]",
            "which [medicine|pills|dose] should i take [|for my {noun}|for a headache]",
        ),
        "give health advice",
    ),
    (
        (
            "[drive|fly|walk|carry|bring] [the|my] [car|dog|kids|{noun}] [home|to school|to the vet|around the block|over here]",
            "[wash|iron|fold|bake|cook|build|paint|repair|water|feed|clean|fix] [the|my|a|me a] {noun} [|for me|please]",
            "[make|brew|pour] [me|] [a coffee|some tea|a sandwich|breakfast|a cup of tea|a drink]",
            "[come|go] [here|with me|shopping|to the shop for me|to work for me]",
            "[hold|catch|lift|carry] [this|my bag|the {noun}] [for me|]",
            "give me a [hug|massage|kiss|high five|lift]",
        ),
        "do things outside the phone",
    ),
    (
        (
            "[hack|break into|spy on|track] [{name}'s|my neighbour's|a|my ex's] [phone|account|wifi|computer|email]",
            "[steal|guess|find out] {name}'s [password|pin|credit card]",
            "read {name}'s [private messages|emails|diary] [for me|]",
        ),
        "do that, and it would not be right",
    ),
    (
        (
            "what [time|day] is it [|now|today|in {place}]",
            "what's the [time|date|current time|date today]",
            "[what|which] [date|year|month|weekday] [is it|is today|do we have] [|today|now]",
            "[how late is it|do you have the time|tell me the time]",
            "where am i [|right now]",
            "what's my [location|address|phone number|ip address]",
            "how far [am i|is it] from [here to|] {place}",
        ),
        "see the clock or where you are",
    ),
)
_REPLIES = (
    "sorry, I can't {able}.",
    "I can't {able}.",
    "I'm not able to {able}.",
    "that is beyond me: I can't {able}.",
    "I'm sorry, but I can't {able}.",
    "no, I can't {able}.",
)


def impossible(rng):
    """(request text with marks, answer in words)."""
    patterns, able = rng.choice(_IMPOSSIBLE)
    phrase, _, _ = clock.time_of_day(rng)
    text = pick(
        rng,
        patterns,
        name=spans.first_name(rng),
        place=spans.spot(rng),
        day=clock.day(rng)[0],
        time=phrase,
        noun=spans.noun_phrase(rng),
        adj=rng.choice(spans.load("adjectives")),
        company=spans.company(rng),
        made=spans.made_up(rng),
        phone=spans.phone(rng),
    )
    return text, say(rng, _REPLIES, able=able)
