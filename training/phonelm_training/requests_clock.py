"""Requests for alarms, timers and the calendar."""

from . import clock, spans
from .calls import Call, Request
from .grammar import CLOSE, mark, pick, raw, say

_ALARM = (
    "[set|create|make|add|put on|schedule|set up|get me|give me|program|configure] [an|an|a new|another|one] [alarm|alarm|alarm|wake-up call|wake up alarm|alarm clock] [for|at|for|at] {time}",
    "[i need|i want|i'd like] an alarm[. |, ][set it|put it|make it|it should ring] [for|at|to] {time}",
    "[tomorrow|today|tonight] [is busy|is a big day|starts early][. |, ][alarm|wake me|set the alarm] [at|for] {time}",
    "[set|put] [my|the|an] alarm [to|for|at|on] {time}",
    "alarm [at|for|] {time}",
    "{time} alarm",
    "new alarm {time}",
    "[an|one] alarm at {time}",
    "[i need|i want|i'd like|i would like|can i get|could i have|can i have|let me have|we need] [an|a new] alarm [for|at] {time}",
    "[wake me|wake me up|wake me|get me up|get me out of bed|rouse me|wake us|wake us up] [at|at|by|around] {time}",
    "[make sure|see to it that|be sure] [i'm up|i'm awake|i am awake|i wake up|i get up|we are up] [at|by] {time}",
    "i [have to|need to|must|got to|gotta|should|want to|'ve got to|am supposed to] [be up|get up|wake up|be awake|rise|be out of bed|be on my feet] [at|by] {time}",
    "[don't let me sleep|i can't sleep|don't let me stay in bed|i must not sleep|i shouldn't sleep] [past|later than|longer than|beyond] {time}",
    "[ring|beep|buzz|go off|sound the alarm|start ringing|make noise|ring the alarm] at {time}",
    "{time} wake up [call|please|]",
    "wake up [at|] {time}",
    "[have|let] the alarm [go off|ring|sound] at {time}",
    "[be my alarm clock|play rooster|be my rooster] at {time}",
    "[let me sleep|i want to sleep|i'll sleep|i am going to sleep] until {time}[, wake me then|, then wake me| and no longer|, set the alarm]",
    "my [shift|day|work|class|train] starts early[,| so] wake me at {time}",
    "the alarm should [ring|go off|be] at {time}",
    "[at|] {time} [wake me|wake me up|an alarm|get me up|the alarm should ring]",
    "i [oversleep|overslept] [all the time|again|too often][,| so|.] [set an alarm for|wake me at] {time}",
    "[is it possible to|any chance you could|would it be possible to] [wake me|get me up] at {time}",
    "[i'm getting up|i get up|i am up|up] at {time}[, set the alarm|, so set an alarm|, alarm please]",
    "early [start|day|flight|train|bus] [tomorrow|], [wake me at|alarm at|set the alarm for|need to be up at] {time}",
    "alarm[,|:|.] {time}[.|, please|]",
    "[it would be nice|i'd be glad|i would love|it'd help] to be [woken|woken up|up] at {time}",
    "an alarm [should|must] [be set|ring|sound] [for|at] {time}",
    "[set an alarm|alarm clock|alarm please|wake me up|i need an alarm][.|,|...] {time}[.|, please|]",
    "[stick|pop|chuck|put|whack] an alarm [on|in] for {time}",
    "[can you be sure to|please be sure to|make certain to|do] wake me [up |]at {time}",
    "i [can't|mustn't|shouldn't|don't want to|may not] [be late|oversleep|sleep in][, wake me at|, set an alarm for|. alarm at|; ring at] {time}",
    "[my eyes have to|i need my eyes to] be open [at|by] {time}",
    "[get|arrange|organise|fix] [me |]a wake-up at {time}",
    "[have|let] it ring at {time}",
    "[shake|jolt|pull] me [awake|out of sleep|out of bed] at {time}",
    "[{time}|at {time}] sharp[, wake me|, alarm| alarm please]",
    "[what about|how about|let's do|let's say|make it] an alarm [at|for] {time}",
    "[we|i] [leave|take off|start|go|depart] early[, alarm for|, so wake me at|. wake us at] {time}",
)
_ALARM_TOMORROW = (" tomorrow", " tomorrow", " tomorrow morning", "")
_ALARM_LABEL = (
    "{alarm} [for|for|for the|for my] {label}",
    "{alarm} [called|labelled|labeled|named|with the label|with label|and call it|and label it|and name it|titled|saying|that says|, call it|, label it|, name|, label] {label}",
    "{alarm} [because of|because i have|as i have|since i've got|, it's for|, that's for|, i have] {label}",
    "{alarm}[, it should|, and it should| and have it| which should| that should| and let it] [say|read|be called|be labelled|show] {label}",
    "{alarm}[, label:|, title:|, name:|, note:|, reason:| -|; label|, text] {label}",
    "[{label}|the {label}|my {label}] [is coming up|starts then|is early][, |: |; ]{alarm}",
    "[a|an|one] {label} alarm[:|,|;| -] {alarm}",
    "{alarm}[. call it|. name it|. it's for|. label it|. the label is] [the |my |]{label}",
)
_ALARM_TASK = (
    "{alarm} [to|so i can|so that i can|and remind me to|because i have to|because i need to|, i have to|so i remember to|, time to|as a reminder to] {task}",
    "remind me [at|at|around] {time} to {task}",
    "remind me to {task} at {time}",
    "[give me|set|i need] a reminder at {time} to {task}",
    "at {time} [i have to|i need to|i should|i must|remind me to|tell me to] {task}",
    "[don't let me forget|i must not forget|make sure i don't forget|help me remember] to {task} at {time}",
    "[i always forget|i keep forgetting|i tend to forget] to {task}[, set an alarm for|, ring at|. alarm at|, remind me at] {time}",
    "nudge me at {time} to {task}",
    "alert me at {time} to {task}",
)


def set_alarm(rng):
    """An alarm: time, maybe weekdays, maybe what it is for."""
    phrase, hour, minute = clock.time_of_day(rng)
    arguments = {"hour": hour, "minutes": minute}
    days_phrase, days = clock.repeat_days(rng) if rng.random() < 0.25 else ("", None)
    style = rng.random()
    open_end = False
    if style < 0.58 or (days and style < 0.7):
        text = pick(rng, _ALARM, time=phrase)
        if days:
            text = f"{days_phrase} {text}" if rng.random() < 0.1 else f"{text} {days_phrase}"
        elif phrase[-1:].isdigit() or phrase.endswith(("m", "M", "clock")):
            text += rng.choice(_ALARM_TOMORROW)
    elif style < 0.84:
        alarm = pick(rng, _ALARM[:8], time=phrase)
        if days:
            alarm += f" {days_phrase}"
        elif rng.random() < 0.2:
            alarm += " tomorrow"
        label = spans.label(rng, "alarm_labels")
        text = pick(rng, _ALARM_LABEL, alarm=raw(alarm), label=label)
        arguments["label"] = label
        open_end = True
    else:
        alarm = pick(rng, _ALARM[:8], time=phrase)
        if days:
            alarm += f" {days_phrase}"
            phrase = f"{phrase} {days_phrase}"
        task = spans.task(rng)
        text = pick(rng, _ALARM_TASK, alarm=raw(alarm), time=phrase, task=task)
        arguments["label"] = task
        open_end = True
    if days:
        arguments["days"] = days

    def done(rng, _):
        when = clock.say_time(rng, hour, minute)
        if days and rng.random() < 0.6:
            when += (
                " on " + " and ".join(", ".join(day.capitalize() for day in days).rsplit(", ", 1))
                if len(days) < 7
                else " every day"
            )
        return say(
            rng,
            (
                "[the|your] alarm is set for {when}.",
                "alarm set for {when}.",
                "done, [the|your] alarm [rings|will ring] at {when}.",
                "okay, alarm at {when}.",
                "i set [an|the] alarm for {when}.",
            ),
            when=when,
        )

    return Request(text, [Call("set_alarm", arguments, done)], open_end)


_SHOW_ALARMS = (
    "[show|list|display|open|view|see|check|read] [me|] [my|the|all my|all the|all] alarms",
    "[what|which] alarms [do i have|are set|have i set|are active|are on|did i set|have i got]",
    "[show|open|bring up|pull up|go to|get] [me|] [the|my] [list of alarms|alarm list|alarms list|alarms screen|alarm page|alarms]",
    "[let me see|i want to see|i'd like to see|can i see|may i see|let me check|let me look at|i want to check] [my|the|all my] alarms",
    "[do i have|have i got|are there|did i set|have i set|is there] [any|an] [alarm|alarms] [set|on|for tomorrow|tomorrow|already|active|running|]",
    "when [is|are] my [next|] [alarm|alarms] [|set for|going off]",
    "is my alarm [set|on|still on|active|ready] [|for tomorrow|for the morning]",
    "what time [is my alarm|is my alarm set for|are my alarms|will my alarm ring|did i set my alarm for]",
    "alarms [please|overview|list|]",
    "how many alarms [do i have|are set|are there|have i set]",
    "[when|at what time] [will|does] my alarm [ring|go off|wake me]",
    "did i [remember to|already|] set [an|my|the] alarm",
    "[which|what] times am i [being woken|waking up|getting up]",
    "check [whether|if|that] [my alarm is set|my alarm is on|i have an alarm|an alarm is set]",
    "[i forgot|i don't remember|not sure|remind me] [what|which] alarms [i set|i have|are set|are on]",
    "what [are|were] my alarms [again|]",
    "what is set in the [clock|alarm clock|clock app]",
    "[give|get] me [an overview|a list|a rundown] of [my|the] alarms",
    "[pull|bring|call] up [my|the|all the] [alarms|alarm overview|alarm settings]",
    "[for|at] [what|which] [times|hours] are my alarms [|set]",
    "[i'd like|i want|i need] to [know|check|see] [what alarms|which alarms|if any alarms] [are set|i have|are on]",
    "[my|the|all] alarms, [please|let me see them|show them]",
    "[tell|show] me [when|at what time] [my alarms go off|i get woken|my alarm rings]",
    "[double check|verify|look at|review|inspect] my alarms",
    "[have a look|take a look] at [my|the] alarms",
)


def show_alarms(rng):
    """The list of alarms."""
    return Request(
        pick(rng, _SHOW_ALARMS),
        [
            Call(
                "show_alarms",
                {},
                lambda rng, _: say(
                    rng,
                    (
                        "here are your alarms.",
                        "your alarms are on the screen.",
                        "i opened the list of alarms.",
                        "these are your alarms.",
                    ),
                ),
            )
        ],
    )


_TIMER = (
    "[set|start|run|create|make|begin|give me|put on|get me|launch|kick off|add] [a|a|a new|another|the] {time} [timer|timer|countdown]",
    "[set|start|run|create|make|begin|put on] [a|the|another] [timer|timer|countdown|kitchen timer|egg timer] [for|for|of|to|at] {time}",
    "timer [|for|of] {time}",
    "{time} timer",
    "[count down|countdown] [from|] {time}",
    "[i need|i want|i'd like|can i have|could i get|let's do|let's have] [a|] {time} [timer|countdown|on the clock]",
    "[time|clock] {time} [|for me]",
    "[tell me|let me know|alert me|ping me|beep|ring|notify me|shout|buzz|give me a shout|warn me|call me|wake me|wake me up] [in|after] {time} [|from now]",
    "[let me know|tell me|say] when {time} [are up|have passed|are over|is up|is over|have gone by]",
    "put {time} on the [clock|timer]",
    "[start|begin] counting {time}",
    "{time} on the [clock|timer|countdown]",
    "{time} [starting now|from now|and go|, go|countdown]",
    "how about a {time} timer",
    "[remind me|wake me|wake me up|nudge me] in {time}",
    "[i'm taking|i am taking|taking] a {time} [nap|break|rest][, wake me up after|, time it|, start the timer|, set a timer]",
    "timer[,|:|.] {time}[.|, please|]",
    "[set a timer|start a timer|i need a timer|countdown|timer please][.|,|...] {time}[.|, please|]",
    "[count|tick] [down |]{time}",
    "[a timer|a countdown] [should|must] [run|go] for {time}",
    "[stick|pop|whack|chuck|throw] a timer on for {time}",
    "[wait|give it|give me] {time}[ and beep| and ring|, then beep|, then ring|, then tell me| and then alert me]",
    "[i have|i've got|we have|there are] {time}[, time it|, start the clock|, count it|. start the timer|, run a timer]",
    "[stopwatch|clock|timekeeper]: {time} [countdown|down|]",
    "when {time} [have passed|are gone|have gone by|are over][, tell me|, beep|, ring|, let me know|, wake me]",
    "[start|begin] the [clock|countdown|timer][:|,|;] {time}",
    "[how about|let's say|what about|make it] a timer [of|for] {time}",
    "[measure|track|keep] {time} [for me|on a timer|please]",
    "[let it|have it] run for {time}[, the timer|, that timer|]",
)
_TIMER_LABEL = (
    "{timer} [for|for|for the|for my] {label}",
    "{timer} [called|labelled|labeled|named|with the label|and call it|and label it|titled|, call it|, label|, name it] {label}",
    "{time} {label} timer",
    "[start|set|run] [a|the|my] {label} timer [for|of|to|at|with] {time}",
    "{label} timer[,|] {time}",
    "[set|start|run] [a|the] {time} {label} timer",
    "[the|my] {label} [needs|takes|need|take|has to sit for|must rest for|should go for|cooks for|will take|wants] {time}[, set a timer|, start a timer|, time it|, timer please|. time it|, count it down]",
    "[time|clock] [the|my] {label}[,| for|:] {time}",
    "{time} for [the|my|] {label}",
    "[i put|i've put|just put] [the|my] {label} [in|on][, it needs|, give it|, set|. that's] {time}",
    "timer[,|:|.] {time}[,|.|;|:] {label}",
    "timer[,|:] {label}[,|:|;] {time}",
    "{timer}[, it should|, and it should| and have it| that should] [say|read|be called|be labelled|show] {label}",
    "{timer}[, label:|, title:|, name:|, note:|, reason:| -|; label|, text] {label}",
    "{timer}[. call it|. name it|. it's for|. label it|. label] [the |my |]{label}",
    "[i'm making|i'm doing|now comes|next is] [the |]{label}[,|:|;|.] {timer}",
    "[a|one] {label} timer[:|,| please:] {time}",
)
_TIMER_TASK = (
    "remind me in {time} to {task}",
    "remind me to {task} in {time}",
    "in {time} [i have to|i need to|i should|remind me to|tell me to] {task}",
    "{timer} to {task}",
    "[i need to|i have to|i must] {task} in {time}[, set a timer|, start a timer|, remind me|, let me know]",
    "[tell|ping|nudge|alert] me in {time} to {task}",
)


def set_timer(rng):
    """A countdown: length, maybe what it is for."""
    phrase, seconds = clock.duration(rng)
    arguments = {"seconds": seconds}
    style = rng.random()
    short = phrase
    if rng.random() < 0.4 and phrase.endswith(("minutes", "hours", "seconds")) and " and " not in phrase:
        short = phrase[:-1]
        if rng.random() < 0.6:
            short = short.replace(" ", "-")
    fits = lambda text: text.replace(f"{mark(phrase)} timer", f"{mark(short)} timer").replace(
        f"{mark(phrase)} countdown", f"{mark(short)} countdown"
    )
    open_end = False
    if style < 0.55:
        text = fits(pick(rng, _TIMER, time=phrase))
    elif style < 0.87:
        label = spans.label(rng, "timer_labels")
        timer = fits(pick(rng, _TIMER[:6], time=phrase))
        text = pick(rng, _TIMER_LABEL, timer=raw(timer), time=phrase, label=label)
        arguments["label"] = label
        open_end = text.endswith(CLOSE)
    else:
        task = spans.task(rng)
        timer = fits(pick(rng, _TIMER[:6], time=phrase))
        text = pick(rng, _TIMER_TASK, timer=raw(timer), time=phrase, task=task)
        arguments["label"] = task
        open_end = True

    def done(rng, _):
        return say(
            rng,
            (
                "[the|your] timer is running: {time}.",
                "timer set for {time}.",
                "{time}, starting now.",
                "okay, {time} on the clock.",
                "i started a timer for {time}.",
            ),
            time=clock.say_duration(seconds),
        )

    return Request(text, [Call("set_timer", arguments, done)], open_end)


_EVENT = (
    "[add|put|schedule|create|insert|book|enter|write|save|note|log|record|block] [a|an|my|the|] {title} [in|into|to|on|in] [my|the|my|our] [calendar|calendar|agenda|diary|schedule|planner] {when}",
    "[add|put|schedule|create|insert|enter|plan] [a|an|my|the|] {title} {when} [to|in|on|into] [my|the] [calendar|agenda|diary|schedule]",
    "[schedule|plan|book|set up|arrange|organise|organize|pencil in|note down|add|create|block off time for|make a note of] [a|an|my|the|] {title} [for|] {when}",
    "[new|create an|create a new|add an|add a|make an|make a new|set up an] [calendar|] [event|entry|appointment] [called|named|:|for|titled|-] {title} {when}",
    "{when} [i have|i've got|there's|there is|we have|we've got|is|comes] [a|an|my|the|] {title}[, add it|, put it in my calendar|, note it down|, save it|, add that to my calendar|, please schedule it|, mark it|, stick it in the calendar|]",
    "[i have|i've got|there is|there's|we have] [a|an|my|the|] {title} {when}[, add it|, put it in my calendar|, note it down|, save it to the calendar|, add that to my agenda|, mark my calendar|, write it down|, please remember that in my calendar]",
    "mark [my|the] calendar: {title} {when}",
    "mark {when} [as|for|down for] {title} [in|on] my calendar",
    "calendar: {title} {when}",
    "{title} {when} [in my calendar|on the calendar|, add to calendar|, put it in the diary|, calendar please|, schedule it]",
    "[remind me|remember] [of|about|that i have] [the|my|a] {title} {when}",
    "[make|find|reserve|keep|save] [time|a slot|room|space] for [a|the|my|] {title} {when}",
    "[can you|could you] [fit|squeeze] [a|my|] {title} in {when}",
    "[my|the] {title} is {when}[, add it|, put it in|, save that|, note that down|, please note it|, calendar it|, so put it in my calendar]",
    "i'm [going to|having|attending|doing|hosting] [a|an|the|] {title} {when}[, add it to my calendar|, put that in the calendar|, block the time|, schedule it]",
    "[event|entry|appointment|calendar entry|new event][:|,| -] {title}[,|;| -|:] {when}",
    "[stick|pop|chuck|jot|slot|drop|squeeze|log|write] [a|my|the|] {title} [in|into|on|down in] [my|the] [calendar|diary|planner|agenda] [for|] {when}",
    "{when}[:|,| -] {title}[, in the calendar|, calendar|, put it in my calendar|, add it|. add that|. save it]",
    "[i want|i need|i'd like] [a|my|the|] {title} [in|on|to be in] [my|the] [calendar|diary|schedule|agenda] [for|] {when}",
    "[a|my|the] {title} [should|must|needs to|has to] [be|go] [in|on|into] [my|the] [calendar|diary|schedule] {when}",
    "[don't let me|i must not|i can't] [miss|forget] [the|my] {title} {when}[, put it in the calendar|, add it|, calendar please|]",
    "[it's|there's] [a|my|the|] {title} {when}[. put it in the calendar|. add it to my calendar|. schedule it|. note that|. save the date]",
    "[save the date|save the day|mark the day|calendar entry]: {title} {when}",
    "[keep|hold|block|reserve] {when} [for|free for|open for] [a|the|my|] {title}",
    "[update|fill] my calendar[:| with| ,] {title} {when}",
    "{title} [happens|takes place|is happening|is on|is scheduled|got scheduled] {when}[, add it|, put it in my calendar|, note it|. calendar, please]",
    "[give|make] me a calendar [entry|event] for [the|my|a|] {title} {when}",
)
_EVENT_LENGTH = (
    "[schedule|plan|book|reserve|add|keep|set aside|put] {length} for [a|the|my|] {title} {when}",
    "{title} {when}, [it takes|duration|length|lasting|] {length}[, in the calendar|, add it to my calendar|]",
    "[add|put|schedule] [a|an] {length} {title} {when} [to my calendar|in the calendar|]",
    "[i need|i want|give me] {length} for {title} {when} [in my calendar|on the calendar|]",
    "[schedule|calendar|book] {title} {when}[, | for |, lasting |; ]{length}",
)
_EVENT_TASK = (
    "remind me {day} to {title}",
    "remind me to {title} {day}",
    "remind me {day} at {time} to {title}",
    "remind me to {title} {day} at {time}",
    "[don't let me forget|help me remember|i need to remember] to {title} {day}",
    "i [have to|need to|should|must] {title} {day}[, add it to my calendar|, put it in my calendar|, note it in the calendar|, schedule it]",
)


def insert_event(rng):
    """A calendar entry: what, which day, maybe when, where, how long and with whom."""
    day_phrase, day = clock.day(rng)
    arguments = {}
    open_end = False
    if rng.random() < 0.12:
        title = spans.task(rng)
        phrase, hour, minute = clock.time_of_day(rng, bare_afternoon=True)
        text = pick(rng, _EVENT_TASK, title=title, day=raw(mark(day_phrase)), time=phrase)
        arguments = {"title": title, "day": day}
        if phrase in text and f"at {mark(phrase)}" in text:
            arguments["time"] = clock.hhmm(hour, minute)
        return Request(
            text, [Call("insert_event", arguments, _event_done(title, day, None))], text.endswith(mark(title))
        )
    title = spans.title(rng)
    pieces = []
    said_day = rng.random() < 0.93
    time_phrase = None
    if rng.random() < 0.66:
        phrase, hour, minute = clock.time_of_day(rng, bare_afternoon=True)
        time_phrase = f"{rng.choice(('at', 'at', 'at', 'from', 'starting at', '@'))} {mark(phrase)}"
        if said_day and day in ("tomorrow",) + clock.WEEKDAYS and rng.random() < 0.12:
            part = "morning" if hour < 12 else "afternoon" if hour < 18 else "evening"
            if "in the" not in phrase and "this" not in phrase and "night" not in phrase:
                day_phrase += f" {part}"
    if said_day:
        pieces.append(day_phrase if day_phrase == day else day_phrase)
    if time_phrase:
        pieces.append(time_phrase)
    if len(pieces) == 2 and rng.random() < 0.25:
        pieces.reverse()
    arguments["title"], arguments["day"] = title, day if said_day else "today"
    if time_phrase:
        arguments["time"] = clock.hhmm(hour, minute)
    if pieces and rng.random() < 0.05:
        length, seconds = clock.duration(rng, longest=8 * 3600)
        if seconds % 60 == 0:
            arguments["duration_minutes"] = seconds // 60
            text = pick(rng, _EVENT_LENGTH, title=title, when=raw(" ".join(pieces)), length=length)
            return Request(
                text,
                [Call("insert_event", arguments, _event_done(title, arguments["day"], arguments.get("time")))],
                True,
            )
    extras = []
    if time_phrase and rng.random() < 0.18:
        length, seconds = clock.duration(rng, longest=6 * 3600)
        if seconds % 60 == 0:
            arguments["duration_minutes"] = seconds // 60
            extras.append(f"{rng.choice(('for', 'for', 'lasting', 'it takes', 'it lasts'))} {mark(length)}")
    if rng.random() < 0.24:
        place = spans.spot(rng)
        arguments["location"] = place
        extras.append(f"{rng.choice(('at', 'at', 'in', 'at'))} {mark(place)}")
    if rng.random() < 0.2 and " with " not in title:
        guests = [
            spans.first_name(rng) if rng.random() < 0.75 else spans.full_name(rng)
            for _ in range(rng.choice((1, 1, 2, 2, 3)))
        ]
        arguments["guests"] = guests
        listed = mark(guests[0]) if len(guests) == 1 else ", ".join(map(mark, guests[:-1])) + " and " + mark(guests[-1])
        extras.append(f"{rng.choice(('with', 'with', 'with', 'and invite', 'inviting', 'together with'))} {listed}")
    rng.shuffle(extras)
    when = " ".join(pieces)
    if not pieces:
        text = pick(rng, _EVENT[:1] + _EVENT[3:4], title=title, when="")
    else:
        text = pick(rng, _EVENT, title=title, when=raw(when))
    if extras:
        tail = " ".join(extras)
        comma = text.rfind(", ")
        plain_tail = comma > 0 and CLOSE not in text[comma:]
        if rng.random() < 0.15:
            tail = ", " + tail
        if plain_tail:
            text = f"{text[:comma]} {tail}{text[comma:]}"
        else:
            text = f"{text} {tail}"
            open_end = True
    return Request(
        text,
        [Call("insert_event", arguments, _event_done(title, arguments["day"], arguments.get("time")))],
        open_end or text.endswith(CLOSE),
    )


def _event_done(title, day, time):
    when = day + (f" at {time}" if time else "")

    def done(rng, _):
        return say(
            rng,
            (
                "[|done, ]{title} is in your calendar for {when}.",
                "i added {title} for {when}.",
                "added to your calendar: {title}, {when}.",
                "okay, {title} [|is] on {when}." if day not in ("today", "tomorrow") else "okay, {title} {when}.",
            ),
            title=title,
            when=when,
        )

    return done


FUNCTIONS = {"set_alarm": set_alarm, "show_alarms": show_alarms, "set_timer": set_timer, "insert_event": insert_event}
