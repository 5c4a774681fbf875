"""Messages that people send: short first-person sentences, questions, greetings."""

from . import clock, spans
from .grammar import finish, pick

_PATTERNS = (
    "i'm [on my way|running late|almost there|at the station|at home|here|outside|stuck in traffic|in a meeting|leaving now|feeling better|not coming|free tonight|so tired|done|ready|lost|hungry]",
    "i'll be [late|there soon|back soon|home by {time}|there at {time}|there in {count} minutes|{count} minutes late|a bit late]",
    "i [will|can|can't|won't] [make it|come|call you later|be there|join you|pick you up|help you|wait] [|today|tonight|{day}|at {time}]",
    "i [got|found|lost|bought|forgot|need|have|fixed|broke|left] [the|my|your|a] {noun} [||at {place}|at home|in the car]",
    "i [landed|arrived|passed the test|got the job|am at {place}|missed the bus|missed my train|locked myself out|got home safe]",
    "[can|could|would] you [bring|buy|send me|pick up|get|fix|check|borrow|return|print] [the|a|some|my] {noun} [||please|today|{day}|on your way home]",
    "[can|could] you [call me|come over|help me|pick me up|feed the cat|water the plants|wait for me|walk the dog] [||tonight|{day}|at {time}|please]",
    "what time [is dinner|do we meet|does it start|are you coming|is the {noun}|should i come|does the train leave]",
    "where [are you|should we meet|is the {noun}|did you put the {noun}|do we meet]",
    "how [are you|was your day|did it go|was the {noun}|is your {noun}|much was the {noun}|about lunch {day}]",
    "are you [free {day}|coming {day}|home|ok|awake|still at work|coming to the party|hungry|joining us for dinner]",
    "do you [want|need|have] [a|the|some|any] {noun} [||for {day}|for dinner]",
    "did you [see|get|find|feed|lock|buy|bring] the {noun}",
    "[happy birthday|congratulations|good luck|get well soon|merry christmas|happy new year|welcome back|safe travels|good morning|good night|sleep well|well done|happy anniversary] [||to you both|my friend|from all of us|{name}]",
    "thanks [a lot|so much|again|for the {noun}|for your help|for dinner|for everything|for coming]",
    "[sorry|so sorry] [i'm late|about yesterday|i missed your call|i forgot|for the delay|i can't come {day}|about the {noun}]",
    "the {noun} is [ready|broken|late|on the table|in the {other}|{adj}|here|missing|gone|under the {other}|for you|too {adj}]",
    "the [meeting|party|lesson|game|dinner|class|appointment|train|flight] [is cancelled|moved to {time}|starts at {time}|is {day}|is at {place}|is delayed|was great|is over]",
    "[dinner|lunch|breakfast|coffee|the food|the cake] is [ready|on me|at {time}|in the oven|getting cold]",
    "[don't forget|remember] [the {noun}|your {noun}|to {task}|about {day}|to call {name}]",
    "[see you|talk to you|meet you|catch you] [soon|later|{day}|at {time}|at {place}|there|tonight]",
    "let's [meet|eat|leave|go|start|talk] [at {time}|at {place}|{day}|later|now|early]",
    "[please|] [call me|wait for me|come home|lock the door|buy {noun}|{task}|send the {noun}|bring your {noun}|keep me a seat|reply soon]",
    "[call me|text me|ring me|write me] [back|later|when you can|when you're free|when you land|tonight|asap|after {time}]",
    "we [need|ran out of|are out of|forgot|sold|won|lost|finished] [the|] {noun}",
    "we're [at {place}|waiting for you|on the bus|nearly there|having dinner|meeting at {time}|out of {noun}|leaving {day}]",
    "{name} [says hi|is here|called|is sick|is coming too|can't come|needs the {noun}|left the {noun}|will {task}]",
    "[love you|miss you|thinking of you|hugs and kisses|yes|no|ok|no problem|sounds good|not today|maybe later|all good|got it|on it|never mind|what's up|hello|hi there]",
    "my [phone is dying|train is late|flight is delayed|car broke down|{noun} is {adj}|new number is {phone}|boss says no|mother is here|battery is low]",
    "it's [raining|a boy|a girl|over|my turn|ready|too late|not working|in the {noun}|{adj}|snowing here|closed {day}]",
    "there [is|was] [a {noun}|no {noun}|some {noun}|a {adj} {noun}] [in the {other}|on the {other}|at {place}|for you]",
    "[the code is|door code is|the wifi password is|order number] {code}",
    "[buy|bring|get|take|pick up] {count} {noun}s, [some|a|one|two] {other} and [the|some] {noun}",
    "{count} {noun}s, {count} {other}s[ and a {adj} {noun}|, that's all|, nothing else]",
    "{noun} and {other}, [that's all|please|nothing else]",
    "[it is|it's|that is] [a|the] {noun} [for|with|of|without] {other}",
    "you [left|forgot|dropped] your {noun} [at {place}|in the {other}|here]",
    "is [the|your|that] {noun} still [for sale|there|free|available|{adj}|yours]",
    "[he|she|they] [said|asked|told me|wants] [yes|no|to {task}|about the {noun}|the {noun} is {adj}]",
    "[first|then|now] {task}, then {task}",
    "[the|my] {noun} [fell|stopped|leaks|rings|barks|works|hurts|smells] [again|now|all day|at night|]",
    "[i think|i guess|i hope|i know|maybe] [the {noun} is {adj}|you should {task}|we can {task}|it's {time}]",
    "no [{noun}|need to {task}|school {day}|more {noun}] [||for me|today|please]",
    "{time} [works for me|is fine|is too early|it is]",
    "{task} [please|first|when you get home||today]",
    "i will {task} [||{day}|at {time}|tonight]",
    "could we [move|meet|talk|reschedule] [|to {day}|at {time}|{day}]",
    "good news, {name} [got the job|is home|passed|said yes]",
    "leave the {noun} [at the {other}|with {name}|on the {other}|outside]",
)


def message(rng):
    """One message body, lower case unless a name stands in it; 1 to about 15 words."""
    style = rng.random()
    if style < 0.12:
        return spans.any_words(rng, rng.choice((1, 2, 3, 4, 5, 6, 8)))
    text = _sentence(rng)
    if style > 0.9:
        text += rng.choice((", ", " and ", ". ", ", but ")) + _sentence(rng)
    return text


def _sentence(rng):
    phrase, _, _ = clock.time_of_day(rng)
    _, day = clock.day(rng)
    text = finish(
        pick(
            rng,
            _PATTERNS,
            time=phrase,
            day=day,
            noun=spans.noun_phrase(rng),
            other=rng.choice(spans.load("nouns")),
            adj=rng.choice(spans.load("adjectives")),
            name=spans.first_name(rng),
            place=spans.spot(rng),
            task=spans.task(rng),
            count=rng.choice((5, 10, 15, 20, 30, rng.randrange(2, 60))),
            phone=spans.phone(rng),
            code=rng.randrange(100, 99999),
        )
    )
    return " ".join(text.split())


def about(rng):
    """A subject line."""
    style = rng.random()
    if style < 0.4:
        return rng.choice(spans.load("subjects"))
    if style < 0.6:
        return spans.title(rng)
    if style < 0.85:
        return spans.noun_phrase(rng)
    return spans.any_words(rng, rng.choice((1, 2, 3)))
