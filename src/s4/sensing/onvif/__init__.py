"""ONVIF for cameras: which ones there are in the network, and where their streams are. Events: `services/onvif.py`."""
