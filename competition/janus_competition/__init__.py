"""Runs, leaderboard, arena, submissions and the component catalogue."""
