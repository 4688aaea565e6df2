"""How one kind of request is made: everything about it that does not depend on who sends it and when."""

from __future__ import annotations

from dataclasses import dataclass

from stillwatch.range.events import HABIT

MODELS = ("m-large-4", "m-mid-4", "m-small-4", "m-reason-2", "m-large-3", "m-large-5")
"""Models on offer; the last comes out during a world, see `accounts.Accounts.adopts`."""
LARGE, MID, SMALL, REASON, OLD, NEW = range(len(MODELS))
NO_TOOLS = -1
TOOLS = (
    ("web_search",),
    ("run_command", "read_file", "write_file", "list_dir"),
    ("query_db", "plot"),
    ("lookup_order", "refund", "handover"),
    ("click", "type", "screenshot"),
    ("get_weather", "get_calendar"),
)
"""Tool sets on offer; `Recipe.tools` is a position in it."""
DECLINED = 0.004
"""Share of ordinary requests in which the model declines."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to ask. What is left at its default follows the habits of the account.

    Attributes:
        templates: texts around what is asked, with the fields `{task}` (what is asked: sentences of our own, or a
            row of a prompt table), `{answer}` (a finished answer, brought along) and `{wrap}` (a sentence or two that
            say what to do, worded anew for every request); each request takes one of them.
        system: system prompt of every request; None for the account's own, "" for none.
        context: mean number of sentences beside the one that asks.
        topics: weights of `lexicon.TOPICS`; empty for the writer's own favourites.
        persona: whether each account keeps to two topics of its own among those of `topics`.
        machine: whether a program words it: one voice for all who use the recipe, no favourite names.
        language: position in `lexicon.LANGUAGES`, or HABIT for the writer's.
        chats: whether people write it: later turns follow up on the first, some repeat the one before.
        tools: position in `TOOLS`, or NO_TOOLS.
        refusal: chance that the model declines.
        thinks: 1 or 0 where reasoning is asked for or not, or HABIT.
        heat: temperature, or HABIT.
        models: weights of `MODELS`; empty for the account's own.
        reply: median tokens of the answer; 0 for what people get.
        document: median tokens that are sent along with the text (code, files, earlier output); 0 for what people
            send.
        end_users: whether the customer passes on an id of its own user.
        harvest: whether the answer is taken to train a model: never seen by a scan, only by the truth.
        words: recipes with equal `words` word equal items alike and have one voice; empty for a recipe by itself.
        prompts: which prompt table the task is drawn from when one is given: "campaign", "people" or "" for none.
    """

    templates: tuple[str, ...] = ("{task}",)
    system: str | None = None
    context: float = 1.0
    topics: tuple[float, ...] = ()
    persona: bool = False
    machine: bool = False
    language: int = HABIT
    chats: bool = False
    tools: int = NO_TOOLS
    refusal: float = DECLINED
    thinks: int = HABIT
    heat: float = HABIT
    models: tuple[float, ...] = ()
    reply: float = 0.0
    document: float = 0.0
    end_users: bool = False
    harvest: bool = False
    words: str = ""
    prompts: str = ""


CHAT = Recipe(chats=True, prompts="people")
"""A person in conversation."""
