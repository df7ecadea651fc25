from typing import Literal

ExecutionMode = Literal["async", "sync"]

EXECUTION_MODE_VALUES: set[ExecutionMode] = {
    "async",
    "sync",
}


def check_execution_mode(value: str) -> ExecutionMode:
    if value in EXECUTION_MODE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {EXECUTION_MODE_VALUES!r}")
