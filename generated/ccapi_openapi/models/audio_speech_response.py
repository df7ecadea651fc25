from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.audio_format import AudioFormat, check_audio_format
from ..types import UNSET, Unset

T = TypeVar("T", bound="AudioSpeechResponse")


@_attrs_define
class AudioSpeechResponse:
    """Speech as an audio file. Its fields are not confirmed by the published reference.

    Attributes:
        id (str | Unset): The id of the speech. Not confirmed by the published reference.
        created (int | Unset): When it was made, in Unix seconds. Not confirmed by the published reference.
        model (str | Unset): The model that spoke. Not confirmed by the published reference.
        provider (None | str | Unset): The provider that served the request. Not confirmed by the published reference.
        url (None | str | Unset): Where the audio file is, when `response_format` was `url`. Not confirmed by the
            published reference.
        b64_json (None | str | Unset): The audio file in base64, when `response_format` was `b64_json`. Not confirmed by
            the published reference.
        output_format (AudioFormat | None | str | Unset): The format of the audio file. Not confirmed by the published
            reference.
    """

    id: str | Unset = UNSET
    created: int | Unset = UNSET
    model: str | Unset = UNSET
    provider: None | str | Unset = UNSET
    url: None | str | Unset = UNSET
    b64_json: None | str | Unset = UNSET
    output_format: AudioFormat | None | str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        created = self.created

        model = self.model

        provider: None | str | Unset
        if isinstance(self.provider, Unset):
            provider = UNSET
        else:
            provider = self.provider

        url: None | str | Unset
        if isinstance(self.url, Unset):
            url = UNSET
        else:
            url = self.url

        b64_json: None | str | Unset
        if isinstance(self.b64_json, Unset):
            b64_json = UNSET
        else:
            b64_json = self.b64_json

        output_format: None | str | Unset
        if isinstance(self.output_format, Unset):
            output_format = UNSET
        elif isinstance(self.output_format, str):
            output_format = self.output_format
        else:
            output_format = self.output_format

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if id is not UNSET:
            field_dict["id"] = id
        if created is not UNSET:
            field_dict["created"] = created
        if model is not UNSET:
            field_dict["model"] = model
        if provider is not UNSET:
            field_dict["provider"] = provider
        if url is not UNSET:
            field_dict["url"] = url
        if b64_json is not UNSET:
            field_dict["b64_json"] = b64_json
        if output_format is not UNSET:
            field_dict["output_format"] = output_format

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id", UNSET)

        created = d.pop("created", UNSET)

        model = d.pop("model", UNSET)

        def _parse_provider(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        provider = _parse_provider(d.pop("provider", UNSET))

        def _parse_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        url = _parse_url(d.pop("url", UNSET))

        def _parse_b64_json(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        b64_json = _parse_b64_json(d.pop("b64_json", UNSET))

        def _parse_output_format(data: object) -> AudioFormat | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                output_format_type_0_type_0 = check_audio_format(data)

                return output_format_type_0_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(AudioFormat | None | str | Unset, data)

        output_format = _parse_output_format(d.pop("output_format", UNSET))

        audio_speech_response = cls(
            id=id,
            created=created,
            model=model,
            provider=provider,
            url=url,
            b64_json=b64_json,
            output_format=output_format,
        )

        audio_speech_response.additional_properties = d
        return audio_speech_response

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
