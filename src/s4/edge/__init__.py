"""Near the devices: filtering, windows and rules, anonymisation before anything travels, commands back.

S4AllCities called this the Distributed Edge Computing IoT platform (DECIoT).
"""
