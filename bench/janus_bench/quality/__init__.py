"""How good competitors are: suites of tasks, scorers, runs, statistics and reports."""
