from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset


T = TypeVar("T", bound="ChatToolCall")


@_attrs_define
class ChatToolCall:
    """A call of a tool that the model asks for. Not confirmed by the published reference.

    Attributes:
        id (str | Unset): The id that the tool's answer has to name in `tool_call_id`. Not confirmed by the published
            reference.
        type_ (str | Unset): The kind of the tool, `function`. Not confirmed by the published reference.
        function (ChatToolCallFunction | Unset): The function to call. Not confirmed by the published reference.
        index (int | Unset): The position of the call among the message's tool calls, from 0; sent in streams only. Not
            confirmed by the published reference.
    """

    id: str | Unset = UNSET
    type_: str | Unset = UNSET
    function: ChatToolCallFunction | Unset = UNSET
    index: int | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        type_ = self.type_

        function: dict[str, Any] | Unset = UNSET
        if not isinstance(self.function, Unset):
            function = self.function.to_dict()

        index = self.index

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if id is not UNSET:
            field_dict["id"] = id
        if type_ is not UNSET:
            field_dict["type"] = type_
        if function is not UNSET:
            field_dict["function"] = function
        if index is not UNSET:
            field_dict["index"] = index

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:

        d = dict(src_dict)
        id = d.pop("id", UNSET)

        type_ = d.pop("type", UNSET)

        _function = d.pop("function", UNSET)
        function: ChatToolCallFunction | Unset
        if isinstance(_function, Unset):
            function = UNSET
        else:
            function = ChatToolCallFunction.from_dict(_function)

        index = d.pop("index", UNSET)

        chat_tool_call = cls(
            id=id,
            type_=type_,
            function=function,
            index=index,
        )

        chat_tool_call.additional_properties = d
        return chat_tool_call

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


from ..models.chat_tool_call_function import ChatToolCallFunction
