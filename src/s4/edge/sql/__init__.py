"""Rules in SQL: eKuiper's dialect, compiled once, run over rows or over columns.

Read in this order: `tokens` (text → tokens), `grammar` (tokens → `tree`), `check` (what a statement may not say),
`functions` (what can be called), `plan` (tree → operators), then the operators.
"""
