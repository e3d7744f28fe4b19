"""Near the devices: filtering, windows, rules and anonymisation before anything travels, and commands to devices.

S4AllCities called this the Distributed Edge Computing IoT platform (DECIoT).
"""
