"""Requests for the web, the map, directions and media."""

from . import spans
from .calls import Call, Request
from .grammar import CLOSE, OPEN, pick, say

_SEARCH = (
    "[i have a question|here's a question|one question|this puzzles me|i keep wondering][, search the web|. search the web|, google this|. look this up online][:|,| -] {query}",
    "[people|my kids|they|friends] [ask me|wonder|asked] {query}[. search the web for it|, google it|. look it up online|, search that]",
    "[search|google|look up|look for|search for|look online for|search online for|do a search for|do a web search for|search the web for|search the internet for|browse for|find online|run a search on|web search|bing|hunt the web for] {query}",
    "[search|look|check] [the web|online|the internet|google] for {query}",
    "[find|look up|search|check|google] {query} [online|on the web|on the internet|on google|on the net]",
    "[can|could] you [google|search for|look up|search the web for] {query}",
    "[i want|i'd like|i need] to [google|search for|look up|search the web for] {query}",
    "[find out|find|look up|search] online {query}",
    "[find|get] me [info|information|articles|pages|websites|something] [about|on] {query} [||online|on the web]",
    "what does the [web|internet] say about {query}",
    "[open|start] a [web|google|internet] search [for|about|on] {query}",
    "[search|google|web search]: {query}",
    "[ask|consult] [google|the internet|the web] [about|for|] {query}",
    "[let's|let me] [google|search|look up] {query}",
    "{query} [- search the web|, google it|, look it up online|, search that|, look that up|. google that]",
    "[see|look] what google [says|knows|has] about {query}",
    "[go online and|open the browser and] [search|look] for {query}",
    "[type|enter|put] {query} [into|in] [google|the search engine|the search bar]",
    "[i wonder|i'd like to know|i'm curious|no idea] {query}[, google it|, look it up|, search the web|. look it up online]",
    "[put|enter|throw|pop] {query} in[to |to ][a web search|the search|google|the search box]",
    "[websearch|web search|search|online search|internet search][:|,| -] {query}",
    "[search|look] [it|this] up[:|,| online:] {query}",
    "[see|check|find out] [on the web|online|on the internet] [about|] {query}",
    "[i want|i need] the web to tell me {query}",
    "[what can you find|what is there|see what's] [online|on the web|on the internet] [about|on|for] {query}",
    "[do|run|start|make] [a|an] [search|web search|internet search|online search][:|,| -| on| for| with] {query}",
    '[search|google|look up|search for|search the web for] "{query}"',
    "[could you|can you|please] [check|find|look] [online|on the web|on the internet] [for |]{query}",
    "{query}[? search the web|? google it|? look it up online|. search online|; search that]",
)


def web_search(rng):
    """A web search."""
    query = spans.query(rng)
    text = pick(rng, _SEARCH, query=query)
    return Request(
        text,
        [
            Call(
                "web_search",
                {"query": query},
                lambda rng, _: say(
                    rng,
                    (
                        "here is what the web has on {query}.",
                        "i searched for {query}.",
                        "searching the web for {query}.",
                        "the search for {query} is open.",
                    ),
                    query=query,
                ),
            )
        ],
        text.endswith(CLOSE),
    )


_LOCATE = (
    "[i wonder|i've no idea|i forgot|tell me|nobody knows] where {query} is[. show me on the map|, show it on the map|. mark it on the map|, find it on the map| on the map]",
    "[i heard of|i read about|someone mentioned|have you heard of] {query}[. show it on the map|, where is it on the map|. find it on the map|; look it up on the map]",
    "[where is|where's|where can i find|where do i find] [the|the nearest|a|the closest|] {query}",
    "[find|show|look up|locate|search|search for|get|point out|pinpoint|mark] {query} on [the|a|my|google] [map|maps|map]",
    "[find|show me|locate|look for|search for|is there|are there any|look up|i need|i'm looking for|look around for|get me|any|i want] [a|the nearest|the closest|some|] {query} [nearby|near me|around here|close by|near here|in the area|close to me|in walking distance|in this area|on the map]",
    "[where|how far] is the [nearest|closest|next] {query}",
    "[find|show|show me|get me|locate|i need|look for] [the|] [nearest|closest|next] {query}",
    "[map|map of|maps] {query}",
    "[open|pull up|bring up] [the|a] map [of|for|at|with] {query}",
    "what's the [nearest|closest] {query}",
    "[which|what] {query} [is|are] [near me|nearby|close|around here]",
    "[location|position] of {query}",
    "where [exactly |on earth |in the world |]is {query}",
    "{query} [on the map|on a map|near me|nearby|around here|close by]",
    "show me where {query} [is|are]",
    "[search|check|look at] the map for {query}",
    "[i wonder|tell me|do you know|i'd like to know|i want to see] where {query} is",
    "[zoom|go] to {query} on the map",
    "see {query} on the map",
    "[is there|do we have] [a|an|any] {query} [around|nearby|near here|close by]",
    "[put|pin|mark|highlight|point to] {query} on [the|my|a] map",
    "[map|maps|location][:|,| -] {query}",
    "[i can't find|i never heard of|i don't know where to find] {query}[, show it on the map|, put it on the map|, where is it|, look it up on the map]",
    "[pull|bring|open|call] up {query} on the map",
    "[on|in] [the map|maps|my map][,|:] {query}",
    "[which|what] part of [town|the world|the country] is {query} in",
    "[are|is] [there|] [some|any|a|] {query} [in the neighbourhood|within reach|not far from here|in this part of town|somewhere here]",
    "[check|see] [the map for|where] {query}[ is|] [on the map|]",
    "[look|search] [around|nearby|in the area|on the map|the map] for {query}",
    "[point|direct] me to {query} on the map",
    "the [nearest|closest] {query}[, where is it|, please|, show me|? where]",
)


def search_location(rng):
    """A place on the map."""
    query = spans.place_query(rng)
    text = pick(rng, _LOCATE, query=query)
    for article in ("the", "a", "any", "some", "nearest", "closest", "next", "an"):
        text = text.replace(f" {article} {OPEN}the ", f" {OPEN}the ")
    return Request(
        text,
        [
            Call(
                "search_location",
                {"query": query},
                lambda rng, _: say(
                    rng,
                    (
                        "here is {query} on the map.",
                        "the map shows {query}.",
                        "i looked up {query}.",
                        "{query} is on the map.",
                    ),
                    query=query,
                ),
            )
        ],
    )


_NAVIGATE = {
    "drive": (
        "[i want|i have|i need|we want|we need] to go to {to}[. take me there|, take us there|. navigate|, start directions|. guide me]",
        "[the car|we|everybody|i] [is ready|are in the car|is in the car|am in the car][. |, |: ][directions to|route to|take us to|navigate to] {to}",
        "{to}[. |, ][take me there|drive there|navigate there|i'm driving|by car]",
        "[route|directions|navigation|way|navigate|drive][:|,| -] {to}",
        "[set|put|enter|type] {to} [as the destination|as destination|as my destination|in the sat nav|in the navigation]",
        "[my|the|our] destination is {to}",
        "[get|take|bring|guide|steer] [us|me] to {to}[, please| by car| the quick way| without traffic|]",
        "[can you|could you] [show|tell] me [how to get|the way|how to drive] to {to}",
        "[we're|i'm] [late for|expected at|on our way to|heading for|meeting someone at] {to}[, directions please|, guide me there|, navigate|, start the route|, show the way]",
        "[lead|guide|navigate] the way to {to}",
        "i [must|have to|need to|should] be at {to} [soon|in an hour|by noon|][, navigate|, directions|, show me how to get there|, route please]",
        "[fire up|get|open] the [sat nav|navigation|gps route|route planner] [for|to] {to}",
        "[navigate|navigate me|guide me|direct me|lead me|bring me|route me] [to|to|towards] {to}",
        "[take|get|bring] me [to|over to] {to}",
        "[directions|route|navigation|way] to {to}",
        "[give|get|show|find] me [directions|the way|the route|a route|the fastest way|the quickest way] to {to}",
        "[start|begin|launch|open] [navigation|directions|the navigation|the route|a route|routing] to {to}",
        "how [do i|can i|do we|should i] [get|go|find my way] to {to}",
        "[drive|drive me] to {to}",
        "[driving|car] directions to {to}",
        "[i want|i need|i have|i'd like|we need|we want] to [get|go|drive|head] to {to}",
        "[what's|which is] the [best|fastest|quickest|shortest] [way|route] to {to}",
        "[let's|lets] [go|drive|head] to {to}",
        "how do i drive to {to}",
        "[guide|lead] me by car to {to}",
        "route [me|us] to {to} by car",
        "set [a|the] course [for|to] {to}",
        "[plot|plan|calculate] [a|the|my] [route|way] to {to}",
        "[head|heading|off|on my way|driving] to {to}[, show me the way|, start navigation|, guide me|, directions please]",
        "i'm [lost|in the car], [take|guide|navigate|bring] me to {to}",
        "which way to {to}",
    ),
    "walk": (
        "[on foot|walking|by foot][,|:] [take|guide|bring|lead|navigate] me to {to}",
        "[i'd rather|i prefer to|i feel like] walk[ing|] to {to}[, show me how|, directions|, guide me|]",
        "[take|guide|bring|lead|get] me to {to}[, i'm walking|, i'm on foot|, walking|. i walk]",
        "[stroll|hike|run|jog] to {to}[, guide me|, directions|, show the way]",
        "[what's|which is] the [best|shortest] [walking route|way on foot] to {to}",
        "[walk|walking route|footpath][:|,| -] {to}",
        "[walk|walk me] to {to}",
        "[navigate|guide|direct|take|lead|bring] me to {to} [on foot|walking|by foot]",
        "[walking|pedestrian] [directions|route|navigation] to {to}",
        "how [do i|can i] walk to {to}",
        "[directions|route|the way] to {to} [on foot|by foot|walking|for walking|for a walk]",
        "i [want|need|'d like] to walk to {to}",
        "[start|give me|show me] [a walking route|walking directions|the way on foot] to {to}",
        "[show|find] me [the way|a route] to {to} on foot",
        "i'm [walking|going on foot] to {to}[, show me the way|, guide me|, directions please]",
        "get me to {to} [on foot|by foot]",
        "on foot to {to}",
        "let's walk to {to}",
    ),
    "bicycle": (
        "[by bike|by bicycle|on my bike|cycling][,|:] [take|guide|bring|lead|navigate] me to {to}",
        "[take|guide|bring|lead|get] me to {to}[, i'm cycling|, i'm on my bike|, i have my bike|. i take the bike]",
        "[pedal|cycle|ride] to {to}[, guide me|, directions|, show the way]",
        "[what's|which is] the [best|safest|shortest] [bike route|way by bike|cycle path] to {to}",
        "[bike route|cycle route|bicycle][:|,| -] {to}",
        "[bike|cycle|ride my bike] to {to}[, directions|, show me the way|, start navigation|]",
        "[navigate|guide|direct|take|lead|get] me to {to} [by bike|by bicycle|on my bike|cycling|on the bike|with my bike]",
        "[cycling|bike|bicycle] [directions|route|navigation] to {to}",
        "how [do i|can i] [cycle|bike|get by bike|ride a bike] to {to}",
        "[directions|route|the way] to {to} [by bike|by bicycle|for my bike|cycling|for cycling|on a bicycle]",
        "i [want|need|'d like] to [cycle|bike|ride my bike] to {to}",
        "[find|show] me a [bike|cycling] [route|path|way] to {to}",
        "i'm [cycling|biking|on my bike] to {to}[, show me the way|, guide me|]",
    ),
    "transit": (
        "[by bus|by train|by tram|by public transport|on the metro][,|:] [take|guide|bring|lead|navigate] me to {to}",
        "[take|guide|bring|lead|get] me to {to}[, i have no car|, i'm taking the bus|, i take the train|. no car today]",
        "[is there|are there] a [bus|train|tram] to {to}[, directions please|, show me|, navigate]",
        "[what's|which is] the [best|fastest] [bus route|connection|train connection|way by public transport] to {to}",
        "[transit|bus route|train route][:|,| -] {to}",
        "[i'm going|we're going|we go] to {to} by [bus|train|tram|metro|subway][, directions|, show me how|, guide us|]",
        "[navigate|guide|direct|take|get|bring] me to {to} [by bus|by train|by public transport|by metro|by subway|with the bus|by tram|on the train|by transit|with public transport|using public transport]",
        "[bus|train|transit|public transport|metro|subway|tram] [directions|route|connection|connections] to {to}",
        "how [do i|can i] [get|go] to {to} [by bus|by train|by public transport|by metro|by subway|by tram|by transit|on the bus]",
        "[directions|route|the way] to {to} [by bus|by train|by public transport|by metro|by tram|with public transport|by subway]",
        "[which|what] [bus|train|tram|metro] [goes|do i take|takes me|should i take|gets me] to {to}",
        "i [want|need|'d like] to take the [bus|train|metro|subway|tram] to {to}",
        "[take|taking] the [bus|train|metro|subway|tram] to {to}[, show me how|, directions please|]",
        "[public transport|transit|by bus|by train] to {to}",
    ),
}


def navigate(rng):
    """Directions."""
    mode = rng.choices(("drive", "walk", "bicycle", "transit"), (58, 16, 12, 14))[0]
    to = (
        spans.spot(rng)
        if rng.random() < 0.85
        else rng.choice(("home", "work", "the nearest " + rng.choice(spans.load("place_kinds"))))
    )
    text = pick(rng, _NAVIGATE[mode], to=to)
    if to in ("home", "downtown"):
        text = text.replace(f"to {OPEN}{to}", f"{OPEN}{to}")
    by = {"drive": "by car", "walk": "on foot", "bicycle": "by bike", "transit": "by public transport"}[mode]
    return Request(
        text,
        [
            Call(
                "navigate",
                {"destination": to, "mode": mode},
                lambda rng, _: say(
                    rng,
                    (
                        "directions to {to} {by}.",
                        "the route to {to} is ready, {by}.",
                        "starting directions to {to}.",
                        "here is the way to {to} {by}.",
                    ),
                    to=to,
                    by=by,
                ),
            )
        ],
    )


_PLAY = (
    "[i love|i miss|nothing beats|i can't get enough of] {query}[. play it|, play it|, put it on|. put that on]",
    "[the party|the baby|everyone|this room|the dog|the road] [needs|wants|calls for] {query}[, play it|. play that|, please]",
    "play [|me|some|a bit of|a little|us] {query}",
    "play {query}",
    "[put on|start|start playing|stream|turn on|throw on|stick on] [|some|a bit of] {query}",
    "[i want|i'd like|i would like|i need] to [hear|listen to|play] [|some] {query}",
    "[let's|lets|let me|let us] [hear|listen to|play] [|some] {query}",
    "[can|could|would] you play [|some] {query}",
    "listen to {query}",
    "[i'm|i am] in the mood for [some|] {query}",
    "[i feel like|how about|i fancy|give me] [some|a little|] {query} [to listen to|in my ears|on the speakers|right now]",
    "[blast|spin|crank up|fire up] [some|] {query}",
    "play {query} [on the speaker|loud|in the background|on shuffle|from the start|again]",
    "music: {query}",
    "[it's time for|time for] [some|] {query}[, hit play|, play it|, start playing]",
    "[have|get] {query} [playing|play] [for me|in the background|please|]",
    "[can|could|may] [i|we] [hear|listen to|have] [some|] {query}[| on the speakers| please]",
    "[queue|cue|queue up] [some|] {query}",
    "[the kids|we|i] want to [hear|listen to] [some|] {query}",
    "some {query} please",
    "[play|start the video|play the video] {query}",
    "[dinner|this drive|cooking|my run|studying] needs [some|] {query}[, play it|. play it|, put it on]",
    "[music|song|audio|play|video|podcast][:|,| -] {query}",
    "{query}[, play it|, please play|, put it on|. play that|, hit it| on the speakers]",
    "[i could use|i need|i'm craving|we need] [some|a bit of|] {query} [now|in here|to relax|to dance|]",
    "[get|let] {query} [going|started|running|rolling|on]",
    "[drop|hit me with|treat me to|serve] [some|] {query}",
    "[would you|could you|can you] [put|throw|get] {query} on",
    "[a bit of|some|a little] {query}[, please|, thanks| would be nice| now| for the mood]",
    "[find and play|look for and play|search and play] {query}",
    "[start|resume|continue|open] {query} [please|now|on my phone|]",
    "[let the|have the] [speakers|phone] play [some|] {query}",
    "[sing|hum] along time[,|:] play {query}",
)


def play_media(rng):
    """Music, a podcast or a video."""
    query = spans.media(rng)
    return Request(
        pick(rng, _PLAY, query=query),
        [
            Call(
                "play_media",
                {"query": query},
                lambda rng, _: say(
                    rng,
                    ("playing {query}.", "here comes {query}.", "now playing {query}.", "okay, {query}."),
                    query=query,
                ),
            )
        ],
    )


FUNCTIONS = {
    "web_search": web_search,
    "search_location": search_location,
    "navigate": navigate,
    "play_media": play_media,
}
