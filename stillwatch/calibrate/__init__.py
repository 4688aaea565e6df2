"""Weights held against an analyst's past verdicts: a proposal, which nothing but a person applies.

`labels.py` reads the verdicts, `groups.py` the evidence they are about, `fit.py` says what they speak for,
`proposal.py` what that would change; `view.py` shows it.
"""

from stillwatch.calibrate.labels import Label, false_alarms
from stillwatch.calibrate.proposal import Proposal, proposal_json, propose, write_proposal
from stillwatch.calibrate.view import proposal_view

__all__ = ["Label", "Proposal", "false_alarms", "proposal_json", "proposal_view", "propose", "write_proposal"]
