"""Observations become a `Detection`: a suspicious event, physical or cyber, with how sure we are of it.

With `s4.fusion` this is what S4AllCities called the Malicious Attacks Information Detection System (MAIDS).
"""
