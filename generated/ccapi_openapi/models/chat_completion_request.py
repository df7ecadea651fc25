from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset


T = TypeVar("T", bound="ChatCompletionRequest")


@_attrs_define
class ChatCompletionRequest:
    """A conversation to be continued. Fields that are not listed go to the provider as they are (not confirmed by the
    published reference).

    Attributes:
        messages (list[ChatMessage]): The conversation so far, oldest message first.
        model (str | Unset): The model to ask, as `provider/model`. Give either this or `models`.
        models (list[str] | Unset): The models to ask, in this order, until one answers. Give either this or `model`.
        stream (bool | Unset): Whether to stream the answer as server-sent events. Left out, false.
        temperature (float | Unset): How freely the model picks its words: 0 the likeliest ones, higher values freer
            ones; most models take up to 2. Left out, 1.
        top_p (float | Unset): Pick only from the likeliest words that together have this probability, 0 to 1.
        max_tokens (int | Unset): The longest answer, in tokens, 1 or more. Left out, the model decides.
        tools (list[ChatTool] | Unset): The tools that the model may ask to be called.
        tool_choice (ChatToolChoice | str | Unset): Whether tools may be called: `none`, `auto` or `required`, or the
            one to be called. The values are not confirmed by the published reference.
        metadata (ChatCompletionRequestMetadata | Unset): Labels of your own, kept with the request.
        user (str | Unset): A stable id of your own for the end user, to trace abuse.
    """

    messages: list[ChatMessage]
    model: str | Unset = UNSET
    models: list[str] | Unset = UNSET
    stream: bool | Unset = UNSET
    temperature: float | Unset = UNSET
    top_p: float | Unset = UNSET
    max_tokens: int | Unset = UNSET
    tools: list[ChatTool] | Unset = UNSET
    tool_choice: ChatToolChoice | str | Unset = UNSET
    metadata: ChatCompletionRequestMetadata | Unset = UNSET
    user: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:

        messages = []
        for messages_item_data in self.messages:
            messages_item = messages_item_data.to_dict()
            messages.append(messages_item)

        model = self.model

        models: list[str] | Unset = UNSET
        if not isinstance(self.models, Unset):
            models = self.models

        stream = self.stream

        temperature = self.temperature

        top_p = self.top_p

        max_tokens = self.max_tokens

        tools: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.tools, Unset):
            tools = []
            for tools_item_data in self.tools:
                tools_item = tools_item_data.to_dict()
                tools.append(tools_item)

        tool_choice: dict[str, Any] | str | Unset
        if isinstance(self.tool_choice, Unset):
            tool_choice = UNSET
        elif isinstance(self.tool_choice, ChatToolChoice):
            tool_choice = self.tool_choice.to_dict()
        else:
            tool_choice = self.tool_choice

        metadata: dict[str, Any] | Unset = UNSET
        if not isinstance(self.metadata, Unset):
            metadata = self.metadata.to_dict()

        user = self.user

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "messages": messages,
            }
        )
        if model is not UNSET:
            field_dict["model"] = model
        if models is not UNSET:
            field_dict["models"] = models
        if stream is not UNSET:
            field_dict["stream"] = stream
        if temperature is not UNSET:
            field_dict["temperature"] = temperature
        if top_p is not UNSET:
            field_dict["top_p"] = top_p
        if max_tokens is not UNSET:
            field_dict["max_tokens"] = max_tokens
        if tools is not UNSET:
            field_dict["tools"] = tools
        if tool_choice is not UNSET:
            field_dict["tool_choice"] = tool_choice
        if metadata is not UNSET:
            field_dict["metadata"] = metadata
        if user is not UNSET:
            field_dict["user"] = user

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:

        d = dict(src_dict)
        messages = []
        _messages = d.pop("messages")
        for messages_item_data in _messages:
            messages_item = ChatMessage.from_dict(messages_item_data)

            messages.append(messages_item)

        model = d.pop("model", UNSET)

        models = cast(list[str], d.pop("models", UNSET))

        stream = d.pop("stream", UNSET)

        temperature = d.pop("temperature", UNSET)

        top_p = d.pop("top_p", UNSET)

        max_tokens = d.pop("max_tokens", UNSET)

        _tools = d.pop("tools", UNSET)
        tools: list[ChatTool] | Unset = UNSET
        if _tools is not UNSET:
            tools = []
            for tools_item_data in _tools:
                tools_item = ChatTool.from_dict(tools_item_data)

                tools.append(tools_item)

        def _parse_tool_choice(data: object) -> ChatToolChoice | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                tool_choice_type_1 = ChatToolChoice.from_dict(data)

                return tool_choice_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ChatToolChoice | str | Unset, data)

        tool_choice = _parse_tool_choice(d.pop("tool_choice", UNSET))

        _metadata = d.pop("metadata", UNSET)
        metadata: ChatCompletionRequestMetadata | Unset
        if isinstance(_metadata, Unset):
            metadata = UNSET
        else:
            metadata = ChatCompletionRequestMetadata.from_dict(_metadata)

        user = d.pop("user", UNSET)

        chat_completion_request = cls(
            messages=messages,
            model=model,
            models=models,
            stream=stream,
            temperature=temperature,
            top_p=top_p,
            max_tokens=max_tokens,
            tools=tools,
            tool_choice=tool_choice,
            metadata=metadata,
            user=user,
        )

        chat_completion_request.additional_properties = d
        return chat_completion_request

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


from ..models.chat_completion_request_metadata import ChatCompletionRequestMetadata
from ..models.chat_message import ChatMessage
from ..models.chat_tool import ChatTool
from ..models.chat_tool_choice import ChatToolChoice
