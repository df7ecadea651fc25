from typing import Literal

ChatPartType = Literal["image_url", "text"]

CHAT_PART_TYPE_VALUES: set[ChatPartType] = {
    "image_url",
    "text",
}


def check_chat_part_type(value: str) -> ChatPartType:
    if value in CHAT_PART_TYPE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {CHAT_PART_TYPE_VALUES!r}")
