"""Who may do what: the roles, and the permissions that each holds.

The table separates duties: whoever manages devices and users decides nothing about incidents, and whoever watches over
data protection sees every look and every decision but takes none.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Literal, get_args

from s4.core.errors import AccessError, InputError

Role = Literal["viewer", "operator", "supervisor", "dpo", "admin"]


class Permission(StrEnum):
    """One thing that a person may be allowed to do."""

    SEE_PICTURE = "see the picture"
    SEE_EVIDENCE = "see evidence"
    HANDLE_INCIDENTS = "acknowledge and note incidents"
    CLOSE_INCIDENTS = "close and reopen incidents"
    APPROVE_MEASURES = "approve, reject and undo measures"
    READ_AUDIT = "read the audit log"
    MANAGE_DEVICES = "manage devices"
    MANAGE_RULES = "write rules"
    MANAGE_USERS = "manage users"
    OPEN_ORIGINALS = "open originals, together with another office"


_P = Permission
_OPERATE: Final = {_P.SEE_PICTURE, _P.SEE_EVIDENCE, _P.HANDLE_INCIDENTS, _P.CLOSE_INCIDENTS, _P.APPROVE_MEASURES}

PERMISSIONS: Final[Mapping[Role, frozenset[Permission]]] = {
    "viewer": frozenset({_P.SEE_PICTURE}),
    "operator": frozenset(_OPERATE),
    "supervisor": frozenset(_OPERATE | {_P.READ_AUDIT, _P.MANAGE_RULES, _P.OPEN_ORIGINALS}),
    "dpo": frozenset({_P.SEE_PICTURE, _P.SEE_EVIDENCE, _P.READ_AUDIT, _P.OPEN_ORIGINALS}),
    "admin": frozenset({_P.SEE_PICTURE, _P.READ_AUDIT, _P.MANAGE_DEVICES, _P.MANAGE_RULES, _P.MANAGE_USERS}),
}
"""Role → what it may do. The data-protection officer (`dpo`) sees evidence to check that it is anonymised, and
holds one of the two keys to an original, a supervisor the other."""


def role_named(text: str) -> Role:
    """The role of that name. Raises `InputError` that lists the roles.

    >>> role_named("operator")
    'operator'
    """
    for role in get_args(Role):
        if text == role:
            return role  # type: ignore[no-any-return]
    raise InputError(f"{text[:40]!r} is not a role (there are: {', '.join(get_args(Role))})", field="role")


def allows(role: Role, permission: Permission) -> bool:
    """Whether the role holds the permission.

    >>> allows("viewer", Permission.APPROVE_MEASURES)
    False
    """
    return permission in PERMISSIONS[role]


def require(role: Role, permission: Permission) -> None:
    """Raise `AccessError` that names what is missing, unless the role holds the permission."""
    if not allows(role, permission):
        raise AccessError(f"the role {role} may not {permission}")
