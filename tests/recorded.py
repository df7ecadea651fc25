"""What a recorder of errors sees of one: its causes, their frames and the variables of those."""

import traceback
from pathlib import Path

HERE = str(Path(__file__).parent)


def shown(value: object) -> str:
    """What a recorder shows of a value; of one that is half made nothing."""
    try:
        return repr(value)
    except AttributeError:
        return ""


def recorded(error: BaseException) -> str:
    """All that a recorder of errors sees: the chain of causes, and the variables of each frame that is not the test's."""
    seen, lines = set[int](), list[str]()

    def record(found: BaseException | None) -> None:
        if found is None or id(found) in seen:
            return
        seen.add(id(found))
        lines.append(repr(found))
        lines.append("".join(traceback.format_exception_only(found)))
        for frame, _ in traceback.walk_tb(found.__traceback__):
            if not frame.f_code.co_filename.startswith(HERE):
                lines.extend(
                    f"{frame.f_code.co_qualname}: {name} = {shown(each)}" for name, each in frame.f_locals.items()
                )
        record(found.__cause__)
        record(found.__context__)
        for each in getattr(found, "exceptions", ()):
            record(each)

    record(error)
    return "\n".join(lines)
