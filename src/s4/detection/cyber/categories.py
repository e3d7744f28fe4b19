"""IDS categories → detection kinds. The names are those of Suricata's and Snort's `classification.config`.

An EVE record carries the long name (`alert.category`); rules are written with the short one. Both are understood.
What is in no row, and everything that says no more than that a rule matched, is an `ids_alert`.
"""

from __future__ import annotations

from typing import Final

_ROWS: Final = (
    # short name, name in an EVE record, detection kind
    ("attempted-recon", "Attempted Information Leak", "network_scan"),
    ("successful-recon-limited", "Information Leak", "network_scan"),
    ("successful-recon-largescale", "Large Scale Information Leak", "network_scan"),
    ("network-scan", "Detection of a Network Scan", "network_scan"),
    ("trojan-activity", "A Network Trojan was detected", "malware_traffic"),
    ("command-and-control", "Malware Command and Control Activity Detected", "malware_traffic"),
    ("domain-c2", "Domain Observed Used for C2 Detected", "malware_traffic"),
    ("exploit-kit", "Exploit Kit Activity Detected", "malware_traffic"),
    ("coin-mining", "Crypto Currency Mining Activity Detected", "malware_traffic"),
    ("shellcode-detect", "Executable code was detected", "malware_traffic"),
    ("default-login-attempt", "Attempt to login by a default username and password", "brute_force"),
    ("suspicious-login", "An attempted login using a suspicious username was detected", "brute_force"),
    ("unsuccessful-user", "Unsuccessful User Privilege Gain", "brute_force"),
)
_KINDS: Final = {name.casefold(): kind for short, long, kind in _ROWS for name in (short, long)}

# Protocols that move things in the world: misusing them is more than an oddity of the network.
_INDUSTRIAL: Final = frozenset(
    {"modbus", "dnp3", "enip", "cip", "s7", "s7comm", "iec104", "iec61850", "bacnet", "profinet"}
)
_OF_PROTOCOLS: Final = frozenset(
    name.casefold()
    for name in (
        "protocol-command-decode", "Generic Protocol Command Decode",
        "non-standard-protocol", "Detection of a non-standard protocol or event",
        "bad-unknown", "Potentially Bad Traffic",
        "", "unknown", "Unknown Traffic",
    )
)  # fmt: skip


def kind_of_alert(category: str, signature: str, app_proto: str = "") -> str:
    """The detection kind of an alert.

    A signature that says "brute force" is believed, since rule sets file those under several categories. An alert
    about how an industrial protocol was spoken is a `protocol_violation`; the protocol is `app_proto`, or stands in
    the signature.

    >>> kind_of_alert("A Network Trojan was detected", "ET MALWARE Mirai")
    'malware_traffic'
    >>> kind_of_alert("Generic Protocol Command Decode", "SURICATA Modbus invalid Length")
    'protocol_violation'
    >>> kind_of_alert("Generic Protocol Command Decode", "SURICATA STREAM Packet with invalid ack")
    'ids_alert'
    """
    words = signature.casefold().replace("-", " ").replace("_", " ")
    if "brute force" in words or "bruteforce" in words:
        return "brute_force"
    folded = category.strip().casefold()
    is_industrial = app_proto.casefold() in _INDUSTRIAL or not _INDUSTRIAL.isdisjoint(words.split())
    if folded in _OF_PROTOCOLS and is_industrial:
        return "protocol_violation"
    return _KINDS.get(folded, "ids_alert")
