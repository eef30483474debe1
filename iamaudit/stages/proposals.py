"""The proposal for one principal, or for what stands for one, as a person chose it: one place for all who ask."""

from __future__ import annotations

from iamaudit.knowledge.actions import ActionCatalogue
from iamaudit.knowledge.cross_service import cross_service_actions
from iamaudit.recommend.choices import Choices
from iamaudit.recommend.evidence import PrincipalEvidence
from iamaudit.recommend.propose import Proposal, propose


def proposal_of(evidence: PrincipalEvidence, actions: ActionCatalogue, choices: Choices) -> Proposal:
    """Return what `propose` makes of *evidence* with what was chosen."""
    return propose(
        evidence,
        actions,
        keep_unknown=choices.keep_unknown,
        level=choices.level,
        most=choices.attachments,
        wildcards=choices.wildcards,
        form=choices.form,
        condition_days=choices.condition_days,
        condition_uses=choices.condition_uses,
        cross_service=cross_service_actions(),
    )
