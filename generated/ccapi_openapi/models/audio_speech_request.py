from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.audio_format import AudioFormat, check_audio_format
from ..models.response_format import ResponseFormat, check_response_format
from ..types import UNSET, Unset

T = TypeVar("T", bound="AudioSpeechRequest")


@_attrs_define
class AudioSpeechRequest:
    """A text to be spoken. Fields that are not listed go to the provider as they are (not confirmed by the published
    reference). Which fields are required is not confirmed by the published reference.

    Attributes:
        model (str): The model to speak with, as `provider/model`.
        input_ (str): The text to speak.
        voice (str | Unset): The name of the voice; which there are depends on the model.
        output_format (AudioFormat | Unset): The format of the audio file. Left out, the model decides.
        response_format (ResponseFormat | Unset): How to give a file: behind a link, or in base64 inside the answer.
            Left out, `url` for `generateImages`, and what the service decides elsewhere. That `b64_json` is one, and `url`
            for `createImage`, is not confirmed by the published reference.
    """

    model: str
    input_: str
    voice: str | Unset = UNSET
    output_format: AudioFormat | Unset = UNSET
    response_format: ResponseFormat | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        model = self.model

        input_ = self.input_

        voice = self.voice

        output_format: str | Unset = UNSET
        if not isinstance(self.output_format, Unset):
            output_format = self.output_format

        response_format: str | Unset = UNSET
        if not isinstance(self.response_format, Unset):
            response_format = self.response_format

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "model": model,
                "input": input_,
            }
        )
        if voice is not UNSET:
            field_dict["voice"] = voice
        if output_format is not UNSET:
            field_dict["output_format"] = output_format
        if response_format is not UNSET:
            field_dict["response_format"] = response_format

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model = d.pop("model")

        input_ = d.pop("input")

        voice = d.pop("voice", UNSET)

        _output_format = d.pop("output_format", UNSET)
        output_format: AudioFormat | Unset
        if isinstance(_output_format, Unset):
            output_format = UNSET
        else:
            output_format = check_audio_format(_output_format)

        _response_format = d.pop("response_format", UNSET)
        response_format: ResponseFormat | Unset
        if isinstance(_response_format, Unset):
            response_format = UNSET
        else:
            response_format = check_response_format(_response_format)

        audio_speech_request = cls(
            model=model,
            input_=input_,
            voice=voice,
            output_format=output_format,
            response_format=response_format,
        )

        audio_speech_request.additional_properties = d
        return audio_speech_request

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
