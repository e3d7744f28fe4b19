"""The edge rules of the exercise city."""

from __future__ import annotations

from typing import Final

RULES: Final = """\
# Edge rules of the exercise city: what its sensors must not read.

[[rule]]
id = "door-forced"
property = "door"
sources = ["door-*"]
kind = "door_forced"
text = "Door forced"
match = { event = "forced" }
end_match = { event = "closed" }

[[rule]]
id = "citizen-object"
property = "citizen.report"
sources = ["citizens"]
kind = "citizen_report"
text = "A citizen reports an object"
match = { category = "object" }
confidence = 0.6

[[rule]]
id = "too-loud"
property = "noise"
sources = ["noise-*"]
kind = "threshold_exceeded"
text = "Louder than 100 dB"
unit = "dB[SPL]"
over = 100.0
clear = 97.0
hold_s = 5

[[rule]]
id = "too-dense"
property = "people"
sources = ["people-*"]
kind = "crowd_density"
text = "More than 150 people within 13 m"
unit = "{count}"
over = 150.0
clear = 130.0
window_s = 15
aggregate = "mean"

[[rule]]
id = "roof-strain"
property = "strain"
sources = ["strain-st-*"]
kind = "structural_strain"
text = "The stadium's roof is strained beyond 200 um/m"
unit = "um/m"
over = 200.0
clear = 180.0
hold_s = 4

[[query]]
id = "fine-dust"
text = "The mean of a minute, where people gather"
sql = '''
SELECT source, avg(value) AS mean
FROM readings
WHERE property = "pm25" AND site = "square"
GROUP BY source, TUMBLINGWINDOW(ss, 60)
HAVING avg(value) > 75
'''
[query.detection]
kind = "threshold_exceeded"
text = "Fine dust at {mean:.0f} ug/m3 over a minute"
hold_s = 120

[[query]]
id = "noise-mean"
text = "How loud it is, without single shouts"
sql = '''
SELECT source, avg(value) AS mean
FROM readings
WHERE property = "noise"
GROUP BY source, TUMBLINGWINDOW(ss, 10)
'''
[query.series]
property = "noise.mean"
value = "mean"
unit = "dB[SPL]"

[[rule]]
id = "stale-air"
property = "co2"
sources = ["air-sn-1"]
kind = "threshold_exceeded"
text = "CO2 in the station hall over 1500 ppm"
unit = "[ppm]"
over = 1500.0
window_s = 60
aggregate = "mean"

[[rule]]
id = "server-room-hot"
property = "temperature"
sources = ["rack-1"]
kind = "threshold_exceeded"
text = "Server room over 35 °C"
unit = "Cel"
over = 35.0
clear = 32.0
hold_s = 20
"""
