from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.chat_finish_reason import ChatFinishReason, check_chat_finish_reason
from ..types import UNSET, Unset


T = TypeVar("T", bound="ChatChunkChoice")


@_attrs_define
class ChatChunkChoice:
    """What a chunk adds to one answer. Not confirmed by the published reference.

    Attributes:
        delta (ChatDelta): What a chunk adds to a message. Not confirmed by the published reference.
        index (int | Unset): The position of the answer, from 0. Not confirmed by the published reference.
        finish_reason (ChatFinishReason | None | str | Unset): Why the answer ended; null until it does. Not confirmed
            by the published reference.
    """

    delta: ChatDelta
    index: int | Unset = UNSET
    finish_reason: ChatFinishReason | None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        delta = self.delta.to_dict()

        index = self.index

        finish_reason: None | str | Unset
        if isinstance(self.finish_reason, Unset):
            finish_reason = UNSET
        elif isinstance(self.finish_reason, str):
            finish_reason = self.finish_reason
        else:
            finish_reason = self.finish_reason

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "delta": delta,
            }
        )
        if index is not UNSET:
            field_dict["index"] = index
        if finish_reason is not UNSET:
            field_dict["finish_reason"] = finish_reason

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:

        d = dict(src_dict)
        delta = ChatDelta.from_dict(d.pop("delta"))

        index = d.pop("index", UNSET)

        def _parse_finish_reason(data: object) -> ChatFinishReason | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                finish_reason_type_0_type_0 = check_chat_finish_reason(data)

                return finish_reason_type_0_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ChatFinishReason | None | str | Unset, data)

        finish_reason = _parse_finish_reason(d.pop("finish_reason", UNSET))

        chat_chunk_choice = cls(
            delta=delta,
            index=index,
            finish_reason=finish_reason,
        )

        chat_chunk_choice.additional_properties = d
        return chat_chunk_choice

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties


from ..models.chat_delta import ChatDelta
