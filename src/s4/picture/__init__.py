"""The common operational picture: everything known, now and at any past instant, served over HTTP.

The operators' page itself is built from `web/` into the folder `page` of this package.
"""
