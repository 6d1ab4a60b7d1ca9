"""The codes of TLC's messages, of those that mean something here: TLC's own tlc2.output.EC names all of them."""

from __future__ import annotations

VERSION = 2262
MODE_CHECK = 2187
SANY_START, SANY_END = 2220, 2219
FINISHED = 2186
SUCCESS = 2193
STATISTICS, PROGRESS, DEPTH = 2199, 2200, 2194
#: A report begins; then an action or the first states, then what of it was evaluated how often.
COVERAGE_START, COVERAGE_NEXT, COVERAGE_INIT, COVERAGE_VALUE = 2201, 2772, 2773, 2221
#: The same with what its evaluation cost, and a section of a report that is of no action.
COVERAGE_COST, COVERAGE_PROPERTY = 2775, 2774
STATE, STUTTERING, BACK_TO = 2217, 2218, 2122
BEHAVIOUR, COUNTEREXAMPLE, NESTED_EXPRESSION = 2121, 2264, 2103
INVARIANT_INITIAL, PROPERTY_INITIAL = 2107, 2108
INVARIANT, ACTION_PROPERTY, DEADLOCK, TEMPORAL, ASSERTION = 2110, 2112, 2114, 2116, 2132
FINGERPRINT = 2147
PARSING_FAILED = frozenset({3002, 2171})
OUT_OF_MEMORY = frozenset({1001, 1002})
