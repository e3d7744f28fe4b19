"""Statements of our own that use every part of the rule language, to begin fuzzing from."""

SELECTS = (
    "SELECT * FROM air",
    "SELECT cell, avg(no2) AS mean FROM air WHERE no2 > 0 GROUP BY cell, TUMBLINGWINDOW(mi, 10) HAVING mean > 40;",
    "select *, pm10 / pm25 as ratio invisible from city/+/air/# where ratio between 0.5 and 2 limit 10",
    "SELECT * EXCEPT(token, `from`) REPLACE(upper(name) AS name) FROM visits",
    "SELECT noise.* , doors.open FROM noise LEFT JOIN doors ON noise.gate = doors.gate "
    "GROUP BY HOPPINGWINDOW(ss, 10, 5)",
    "SELECT count(*) FILTER (WHERE db > 80) AS loud FROM noise GROUP BY SLIDINGWINDOW(ss, 30, 5) "
    "FILTER (WHERE db > 40) OVER (WHEN db > 90)",
    "SELECT lag(level, 2, 0) OVER (PARTITION BY gauge WHEN level != 0) AS before FROM river",
    "SELECT CASE kind WHEN 'car' THEN 1 WHEN 'bus' THEN 30 ELSE 0 END AS people FROM traffic",
    'SELECT CASE WHEN speed > 50 AND NOT wet THEN "fast" END FROM traffic',
    "SELECT tags[0], tags[-1], tags[1:], tags[:2], tags[a:b+1], tags[], box->corner[0].x FROM camera",
    "SELECT a FROM s WHERE name LIKE 'gate%' AND zone NOT IN ('a', \"b\") AND place IN places "
    "AND x NOT BETWEEN -1 AND 1",
    "SELECT t.a FROM `odd topic/ü` AS t CROSS JOIN u INNER JOIN v ON t.k = v.k "
    "GROUP BY COUNTWINDOW(5) ORDER BY t.a DESC, b",
    "SELECT a FROM s GROUP BY STATEWINDOW(lit = true, lit = false) OVER (PARTITION BY lamp WHEN lit), k "
    "ORDER BY k, abs(b) DESC",
    "SELECT row_number() OVER (PARTITION BY a ORDER BY b DESC) AS n FROM s -- the end",
    "SELECT unnest(items) /* one row\n each */ FROM basket GROUP BY SESSIONWINDOW(hh, 2, 1)",
    "SELECT 1 + 2 * 3 % 4 | 5 & 6 ^ 7, -a, - 1.5, .5, 'it\\'s', \"\\u00e9\\t\", true, FALSE, null FROM s",
)

STREAMS = (
    'CREATE STREAM air (cell STRING, no2 FLOAT, at DATETIME) WITH (DATASOURCE="city/+/air", FORMAT="json")',
    "create table rooms (id BIGINT, plan STRUCT(floor BIGINT, doors ARRAY(STRING)),) "
    'with (type="memory", kind="lookup", key="id");',
    'CREATE STREAM raw () WITH (DATASOURCE="raw", FORMAT="json", SHARED="true" STRICT_VALIDATION="false")',
)

MANAGE = ("SHOW STREAMS", "show tables;", "DESCRIBE STREAM air", "DROP TABLE `select`", "explain stream air")

ALL = SELECTS + STREAMS + MANAGE
