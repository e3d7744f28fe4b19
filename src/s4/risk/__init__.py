"""Incidents and the assets near them become `Risk`: threat, vulnerability and consequence.

This is level 3 of the JDL model of data fusion, and part of what S4AllCities called the Augmented Context
Management System (ACMS).
"""
