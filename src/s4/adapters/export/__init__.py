"""Exports: what leaves s4 by itself. The steps, one file each: `select`, `rows`, `transform`, `formats`, `compress`,
`envelope`; the targets, one file each: `mqtt`, `webhook`, `kafka`, `parquet`.
"""
