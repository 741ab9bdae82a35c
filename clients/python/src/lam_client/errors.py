"""What calls raise."""

from __future__ import annotations

from typing import Any


class LamConnectionError(Exception):
    """No daemon answered."""


class LamError(Exception):
    """An error of lam. Match on `code`, which stays the same for ever."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(str(problem.get("detail", "")))
        self.status = status
        self.code = str(problem.get("code", ""))
        self.detail = str(problem.get("detail", ""))
        hint = problem.get("hint")
        self.hint: str | None = None if hint is None else str(hint)
        self.details: dict[str, Any] = problem.get("details") or {}
