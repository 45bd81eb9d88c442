"""The audit: recomputes everything from the store's bytes, trusts no cache and no listing, and collects findings.

Each step names exactly the objects that are at fault: what cannot be judged because of an earlier fault is
'not checked', never a second finding.
"""

from manifests.audit.audit import audit
from manifests.audit.finished import Finished, ResumeUnusableError, finished_in
from manifests.audit.kept import KeptUnreadableError, NotKeptError, keep, read_kept
from manifests.audit.sampling import Draw, SampleUnusableError, enough
from manifests.audit.workers import Workers

__all__ = [
    "Draw",
    "Finished",
    "KeptUnreadableError",
    "NotKeptError",
    "ResumeUnusableError",
    "SampleUnusableError",
    "Workers",
    "audit",
    "enough",
    "finished_in",
    "keep",
    "read_kept",
]
