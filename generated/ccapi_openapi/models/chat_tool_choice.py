from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.chat_tool_type import ChatToolType, check_chat_tool_type


T = TypeVar("T", bound="ChatToolChoice")


@_attrs_define
class ChatToolChoice:
    """The one tool that the model has to call. Not confirmed by the published reference.

    Attributes:
        type_ (ChatToolType): The kind of a tool. In `tool_choice` it is not confirmed by the published reference.
        function (ChatToolChoiceFunction): The function that has to be called. Not confirmed by the published reference.
    """

    type_: ChatToolType
    function: ChatToolChoiceFunction
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        type_: str = self.type_

        function = self.function.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "type": type_,
                "function": function,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:

        d = dict(src_dict)
        type_ = check_chat_tool_type(d.pop("type"))

        function = ChatToolChoiceFunction.from_dict(d.pop("function"))

        chat_tool_choice = cls(
            type_=type_,
            function=function,
        )

        chat_tool_choice.additional_properties = d
        return chat_tool_choice

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


from ..models.chat_tool_choice_function import ChatToolChoiceFunction
