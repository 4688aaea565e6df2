"""What each constant is, in the words of its docstring and of the page; and the sections of the page."""

from __future__ import annotations

from dataclasses import dataclass

MEANING = {
    "CHAT": "Tokens of a chat service's requests and answers (Azure 2023, `conv`).",
    "CODE": "Tokens of a code completion service's requests and answers (Azure 2023, `code`).",
    "LONG": "Tokens of a long-context assistant's requests, their history included, and answers (Mooncake).",
    "RATES": "Rates of services about the median of their kind; the level is judged (ServeGen).",
    "DAY": "Factor of one account on one day (ServeGen).",
    "SWING": "Day against night of one account (ServeGen).",
    "HABIT": "Lasting factor of one account at one hour of the day, on top of `SWING` (ServeGen).",
    "HOUR": "Factor of one account in one hour of one day, on top of all that (ServeGen).",
    "TEN_MINUTES": "Factor of one account in ten minutes of an hour (ServeGen).",
    "BURSTS": "Coefficient of variation of the gaps between arrivals within ten minutes (ServeGen).",
    "TURNS_BRIEF": "Turns of a conversation whose first prompt has 1,024 to 3,000 tokens (Mooncake).",
    "TURNS_LENGTHY": "Turns of a conversation whose first prompt has 3,000 tokens or more (Mooncake).",
    "PAUSE": "Seconds from one request of a conversation to the next (Mooncake).",
    "OPENING": "Tokens of a first prompt, about 880 of them the service's own (Mooncake).",
    "ADDED": "Tokens that a follow-up adds to the prompt and the answer before it (Mooncake).",
    "CACHE": "What a prefix cache has of a prompt (Mooncake).",
    "OBSERVED": "Facts of the files that no law holds.",
}
"""Constant and its meaning, in the order of `fits.py`."""

CURVES = {
    "CHAT": ("chat-in", "chat-out"),
    "CODE": ("code-in", "code-out"),
    "LONG": ("long-in", "long-out"),
    "RATES": ("rates",),
    "DAY": ("day",),
    "SWING": ("swing",),
    "HABIT": ("habit",),
    "HOUR": ("hour",),
    "TEN_MINUTES": ("ten-minutes",),
    "BURSTS": ("bursts",),
    "TURNS_BRIEF": ("turns-brief",),
    "TURNS_LENGTHY": ("turns-lengthy",),
    "PAUSE": ("pauses",),
    "OPENING": ("opening",),
    "ADDED": ("added",),
    "CACHE": ("cached",),
}
"""Constant and the names of its curves."""


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the page: constants with their curves and figures, and what to know about them.

    `text` is filled with the constants by name, `{OBSERVED.clients}` and the like.
    """

    heading: str
    constants: tuple[str, ...]
    text: str


SECTIONS = (
    Section(
        "Lengths",
        ("CHAT", "CODE", "LONG"),
        """\
`tokens_in` is the whole context that is sent, `tokens_out` the answer. The lengths of `CHAT` are not smooth: an \
application sends the same long system prompt each time, which makes the steps at 400 and 1,070 tokens. There the \
prompt says much about the answer (the tenth in which it lies explains {OBSERVED.tied_chat:.0%} of the variance of the \
log of the answer), so one draw chooses the component of both. For `CODE` ({OBSERVED.tied_code:.1%}) and `LONG` \
({OBSERVED.tied_long:.1%}) there is nothing worth keeping: the two are drawn apart. How many requests are of which \
sort is judged.""",
    ),
    Section(
        "Rates",
        ("RATES",),
        """\
The mean rate of {OBSERVED.clients} clients, each over the median of the clients of its model. A lognormal fits from \
end to end; read as a Pareto tail, the busiest tenth has exponent {RATES.tail}, and sends {RATES.busiest_tenth:.0%} of \
everything. Only this spread is fitted. The clients are services: their median is thousands of requests a day, and a \
client that never sent ten requests within ten minutes is not in the file. So the range makes most accounts persons, \
with a rate that is judged, and {JUDGED.api_share:.1%} of them services that have this spread about a judged median, \
cut at {JUDGED.api_most:,.0f} a day.""",
    ),
    Section(
        "Days and hours",
        ("DAY", "SWING", "HABIT", "HOUR", "TEN_MINUTES"),
        """\
The rate of an account in a window is its mean, times `DAY` (one factor a day), times its shape of day, times `HOUR`. \
The shape of day is a wave whose height differs between accounts (`SWING`), times `HABIT`, a lasting factor of each of \
the 24 hours. Each factor is gamma with mean 1 and a coefficient of variation of the account's own. Fitted to the \
{OBSERVED.steady} clients that sent ten requests or more in nine of ten windows of two weeks: where a client sends \
less, the file does not say how much. What is lost:

- Hours have a memory: an hour's factor and the next one's correlate by {OBSERVED.hour_memory}. The range draws them \
apart, so that its outages and rushes are shorter than real ones.
- One hour in a hundred is many times what the client's habit would have: `HOUR` reaches {HOUR.fit.ratios[3]:.0%} \
of that. Counting these hours in full would take the bulk away from where it is.
- {OBSERVED.every_day:.0%} of the clients watched for two weeks were seen on every day. Most of the others are tests \
and one-off jobs, and nothing is fitted to them.
- For a person who asks four times a day, chance hides all of this. It shows in services.""",
    ),
    Section(
        "Bursts",
        ("BURSTS",),
        """\
A coefficient of variation of 1 is what independent arrivals have. A quarter of the clients sit there; a third is \
bursty by anything up to 30. The file has the figure for each window, not the gaps themselves, so the shape of the \
gaps cannot be held against anything. It calls the gaps gamma where the cv is near 1 and Weibull where it is over 10; \
near 1 the two are the same, so the sampler uses Weibull for all.""",
    ),
    Section(
        "Conversations",
        ("TURNS_BRIEF", "TURNS_LENGTHY", "PAUSE", "OPENING", "ADDED"),
        """\
Mooncake's prompts come as hashes of their blocks of 512 tokens, each hash of everything up to there. A prompt that \
begins with all whole blocks of an earlier one goes on with it. The hour cuts conversations off, so the chance of a \
follow-up and the length of the pause are fitted together, with the requests at the end counted as *not yet*. The more \
turns a conversation has had, the likelier the next: conversations differ, and beta-geometric says how much. Those \
that begin with a long prompt are followed up less. The pause runs from request to request, so the time of the answer \
is in it. The curves of turns compare conversations each of whose turns follows within 20 minutes.

A prompt under 1,024 tokens cannot be recognised in a later one, since its first block is the service's own: the \
shortest conversations are missing, and some that seem to open with 1,100 tokens had a turn before.""",
    ),
    Section(
        "Cache",
        ("CACHE",),
        """\
{OBSERVED.cached:.0%} of all prompt tokens are in blocks that an earlier prompt began with, of follow-ups \
{OBSERVED.cached_follow_ups:.0%}. Nothing needs to be drawn for that: a follow-up has the whole blocks of the prompt \
before it ({CACHE.exact:.1%} of the time exactly those), a first prompt the service's own block, and {CACHE.more:.1%} \
of them more. The curve is the severest test on this page. Nothing is fitted to it: conversations are simulated from \
`OPENING`, `ADDED`, the answers of `LONG`, turns and pauses, and their cached share is held against the real one. It \
comes out somewhat high: the chance of a follow-up goes on falling as first prompts get longer, and two classes are a \
coarse picture of that. {CACHE.repeats:.2%} of the requests \
repeat the one before unchanged, {CACHE.edits:.1%} go back and change it.""",
    ),
)
