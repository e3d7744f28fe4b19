"""Retention: evidence that has become too old is deleted, also of cameras that are silent or were taken away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from s4.core.clock import NS_PER_S
from s4.core.ports import Vault
from s4.detection.video.evidence.original import DAY_NS
from s4.detection.video.evidence.policy import EvidencePolicy

EVERY_NS: Final = 3600 * NS_PER_S


class Retention:
    """Looks through the vault once an hour. `policies`: of each camera; `common`: of those that are none any more, and
    of whose evidence nobody else decides.
    """

    def __init__(self, vault: Vault, policies: Mapping[str, EvidencePolicy], common: EvidencePolicy) -> None:
        self._vault, self._policies, self._common = vault, policies, common
        self._looked = -EVERY_NS

    def tidy(self, now: int) -> None:
        """Delete what is too old at `now` (ns UTC), if an hour has passed or the clock was set back."""
        if 0 <= now - self._looked < EVERY_NS:
            return
        self._looked = now
        for source in self._vault.sources():
            self._tidy(source, self._policies.get(source, self._common), now)

    def _tidy(self, source: str, policy: EvidencePolicy, now: int) -> None:
        self._vault.forget(now - round(policy.keep_days * DAY_NS), source)
        original = policy.original if policy.enabled else None
        if original is not None:
            self._vault.forget(now - round(original.keep_days * DAY_NS), source, originals=True)
        self._vault.trim(original.most_mb * 1_000_000 if original else 0, source)
