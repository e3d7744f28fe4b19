"""Addresses of the bus and the store, as they may be shown."""

from __future__ import annotations


def without_password(url: str) -> str:
    """An address without the name and the password in it.

    >>> without_password("postgresql://s4:hidden@db/city")
    'postgresql://db/city'
    """
    scheme, between, rest = url.partition("://")
    return f"{scheme}{between}{rest.rpartition('@')[2]}"
