"""Questions beyond what the corpus teaches, from nowhere or about what was just spoken of, and what is said to them."""

from . import spans
from .grammar import finish, pick, say
from .lists import load


def unknown_fact(rng, name, offered):
    """Questions beyond what the corpus teaches; with a web search on offer, it offers one."""
    made = spans.made_up(rng).capitalize()
    asked = finish(
        pick(
            rng,
            (
                "what is the capital of {made}",
                "who is {person}",
                "who [was|is] the [president|king|queen|prime minister|mayor|inventor|director] of [{made}|{place}]",
                "what is a {madelow}",
                "what is {madelow}",
                "what is [a |the |]{noun} [for|made of|good for|called]",
                "[explain|describe] {noun} [to me|]",
                "what [should|can|shall] i [cook|wear|read|watch|buy|eat|do] [tonight|today|now|tomorrow|for {noun}]",
                "how are {noun}s made",
                "when was {made} [built|founded|discovered|settled]",
                "how [tall|rich|famous] is {person}",
                "how [tall|old|big|heavy|far|deep] is [{made}|the {noun} of {made}]",
                "how many people live in [{place}|{made}]",
                "who wrote the {adj} {noun}",
                "what does {madelow} mean",
                "why [is|are] [the |]{noun} {adj}",
                "what [year|day] did {person} [die|win|marry]",
                "explain {madelow}",
                "how does [a|the] {noun} work",
                "which {noun} is the [best|cheapest|oldest]",
                "tell me about {made}",
                "how do i [make|fix|clean|cook] a {noun}",
                "what happened in {year}",
            ),
            made=made,
            madelow=made.lower(),
            person=spans.full_name(rng),
            place=rng.choice(load("places")[:40]),
            noun=spans.noun_phrase(rng),
            adj=rng.choice(load("adjectives")),
            year=rng.randrange(1500, 2026),
        )
    )
    return [(asked, _no_idea(rng, offered))]


def ask_more(rng, offered):
    """A question about what was just spoken of, which nobody here can answer: 'and who invented it?'"""
    asked = pick(
        rng,
        (
            "[and |so |ok, |hm, |cool, |]who [invented|made|wrote|owns|discovered|built|founded|likes] [it|that|them|this]",
            "[and |so |]how [old|big|expensive|far|famous|hot|deep] is [it|that|this][ exactly|]",
            "[and |]who is the [king|queen|president|mayor|prime minister|boss|richest man] [there|of it|of that]",
            "[and |]how many people [live there|like it|know that|go there]",
            "[explain|describe] [it|that|them|this][ to me| please| in short|]",
            "[tell me|say] [more|more about it|more about that|something else about it][ please|]",
            "[why is that|how come|since when|how do they do it|where does it come from|what is it made of|what does it mean]",
            "[do they|does it|is there] [have|sell|serve|need|like] [{food}|a {noun}|{noun}s|parking|wifi]",
            "[what is|what's] [it|that|this] [for|like|good for|about]",
        ),
        **spans.PARTS,
    )
    return finish(asked), _no_idea(rng, offered)


def _no_idea(rng, offered):
    if "web_search" in offered:
        return say(
            rng,
            (
                "I don't know that. shall I search the web for it?",
                "I'm not sure. I can search the web for it if you like.",
                "that I don't know. should I search the web?",
            ),
        )
    return say(
        rng,
        (
            "I don't know that.",
            "I'm a small model, and I don't know that.",
            "sorry, I don't know.",
            "that is more than I know.",
        ),
    )
