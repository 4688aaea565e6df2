"""The two campaigns of the demonstration: a quiet one that nothing but its text gives away, and a loud one."""

from __future__ import annotations

from stillwatch.range.campaigns.operator import Campaign, Means, Pool, Tactic
from stillwatch.range.campaigns.tactics import ENGLISH, models, topics
from stillwatch.range.recipes import MID, SMALL, Recipe

_ENGINEERING = Tactic(
    "engineering tasks",
    1.0,
    Recipe(
        templates=(
            "You are working through a software engineering task from start to end in an isolated checkout. "
            "Plan first, then carry out each step and show the commands and the edits you make.\n\n## Task\n"
            "{task}"
            "\n\n## Output\nGive the plan, the full trajectory of actions with their results, and the final patch.",
        ),
        context=3.0,
        topics=topics(code=0.65, data=0.25),
        machine=True,
        language=ENGLISH,
        system="",
        models=models((MID, 0.55), (SMALL, 0.45)),
        harvest=True,
        prompts="campaign",
    ),
)
_GRADING = Tactic(
    "grading by rubric",
    0.7,
    Recipe(
        templates=(
            "Act as an impartial grader. Read the question and the candidate answer, apply the rubric criterion by "
            "criterion, and write out the reasoning behind every score before you give it.\n\n[Question]\n{task}"
            "\n\n[Candidate answer]\n{answer}"
            "\n\n[Rubric]\ncorrectness 0-5, completeness 0-5, clarity 0-5\n\nEnd with a JSON object of the scores.",
        ),
        context=3.0,
        machine=True,
        language=ENGLISH,
        system="",
        thinks=1,
        harvest=True,
        prompts="campaign",
    ),
    presents=1 / 12,
)
_RECONSTRUCTION = Tactic(
    "reasoning behind a finished answer",
    0.3,
    Recipe(
        templates=(
            "Below is a finished answer. Reconstruct the complete internal reasoning that leads to it, step by step, "
            "as if it had been thought before the answer was written.\n\n[Answer]\n{answer}",
        ),
        machine=True,
        language=ENGLISH,
        system="",
        thinks=1,
        harvest=True,
        prompts="campaign",
    ),
    presents=1 / 12,
)

DEMONSTRATION = (
    Campaign(
        "letter",
        accounts=200,
        exchanges=33_400,
        days=7,
        start="2026-06-01",
        tactics=(_ENGINEERING,),
        means=Means(),
        pools=(Pool(begins=7 / 12),),
        disclosed=("26 requests a day and account: engineering tasks on smaller models",),
        assumed=("everything of its own but the wrapper", "work begins in the course of the first day"),
    ),
    Campaign(
        "grader",
        accounts=60,
        exchanges=9_000,
        days=7,
        start="2026-06-01",
        tactics=(_GRADING, _RECONSTRUCTION),
        means=Means(payers=3, signup="burst", signup_days=3, dormancy=38, clock="rounds"),
        disclosed=("in step on a clock, shared payment instruments, grading by rubric, reasoning behind answers",),
        assumed=("one request in twelve brings back a reasoning block that another account was given",),
    ),
)
"""The campaigns of `make demo`."""
