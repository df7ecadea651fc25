from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.image_job_status import ImageJobStatus, check_image_job_status
from ..types import UNSET, Unset


T = TypeVar("T", bound="MultimodalImageGenerationResponse")


@_attrs_define
class MultimodalImageGenerationResponse:
    """An image job, finished or on its way.

    Attributes:
        id (str): The id of the job.
        status (ImageJobStatus | str): Where the job is. A status that is not listed means that the job goes on. All
            values but `pending` are not confirmed by the published reference.
        created (int | Unset): When it was made, in Unix seconds.
        model (str | Unset): The model that paints.
        execution (ImageExecution | None | Unset): How the request was carried out.
        data (list[ImageDatum] | None | Unset): The pictures, once the status is `completed`.
        poll_url (None | str | Unset): Where to ask for the job's state, while it goes on.
        estimated_time (float | None | Unset): How long the job will take from now, in seconds, as far as the provider
            knows.
        error (ErrorObject | None | Unset): Why the job failed, once the status is `failed`.
    """

    id: str
    status: ImageJobStatus | str
    created: int | Unset = UNSET
    model: str | Unset = UNSET
    execution: ImageExecution | None | Unset = UNSET
    data: list[ImageDatum] | None | Unset = UNSET
    poll_url: None | str | Unset = UNSET
    estimated_time: float | None | Unset = UNSET
    error: ErrorObject | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:

        id = self.id

        status: str
        if isinstance(self.status, str):
            status = self.status
        else:
            status = self.status

        created = self.created

        model = self.model

        execution: dict[str, Any] | None | Unset
        if isinstance(self.execution, Unset):
            execution = UNSET
        elif isinstance(self.execution, ImageExecution):
            execution = self.execution.to_dict()
        else:
            execution = self.execution

        data: list[dict[str, Any]] | None | Unset
        if isinstance(self.data, Unset):
            data = UNSET
        elif isinstance(self.data, list):
            data = []
            for data_type_0_item_data in self.data:
                data_type_0_item = data_type_0_item_data.to_dict()
                data.append(data_type_0_item)

        else:
            data = self.data

        poll_url: None | str | Unset
        if isinstance(self.poll_url, Unset):
            poll_url = UNSET
        else:
            poll_url = self.poll_url

        estimated_time: float | None | Unset
        if isinstance(self.estimated_time, Unset):
            estimated_time = UNSET
        else:
            estimated_time = self.estimated_time

        error: dict[str, Any] | None | Unset
        if isinstance(self.error, Unset):
            error = UNSET
        elif isinstance(self.error, ErrorObject):
            error = self.error.to_dict()
        else:
            error = self.error

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "status": status,
            }
        )
        if created is not UNSET:
            field_dict["created"] = created
        if model is not UNSET:
            field_dict["model"] = model
        if execution is not UNSET:
            field_dict["execution"] = execution
        if data is not UNSET:
            field_dict["data"] = data
        if poll_url is not UNSET:
            field_dict["poll_url"] = poll_url
        if estimated_time is not UNSET:
            field_dict["estimated_time"] = estimated_time
        if error is not UNSET:
            field_dict["error"] = error

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:

        d = dict(src_dict)
        id = d.pop("id")

        def _parse_status(data: object) -> ImageJobStatus | str:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                status_type_0 = check_image_job_status(data)

                return status_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ImageJobStatus | str, data)

        status = _parse_status(d.pop("status"))

        created = d.pop("created", UNSET)

        model = d.pop("model", UNSET)

        def _parse_execution(data: object) -> ImageExecution | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                execution_type_0 = ImageExecution.from_dict(data)

                return execution_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ImageExecution | None | Unset, data)

        execution = _parse_execution(d.pop("execution", UNSET))

        def _parse_data(data: object) -> list[ImageDatum] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                data_type_0 = []
                _data_type_0 = data
                for data_type_0_item_data in _data_type_0:
                    data_type_0_item = ImageDatum.from_dict(data_type_0_item_data)

                    data_type_0.append(data_type_0_item)

                return data_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[ImageDatum] | None | Unset, data)

        data = _parse_data(d.pop("data", UNSET))

        def _parse_poll_url(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        poll_url = _parse_poll_url(d.pop("poll_url", UNSET))

        def _parse_estimated_time(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        estimated_time = _parse_estimated_time(d.pop("estimated_time", UNSET))

        def _parse_error(data: object) -> ErrorObject | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                error_type_0 = ErrorObject.from_dict(data)

                return error_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ErrorObject | None | Unset, data)

        error = _parse_error(d.pop("error", UNSET))

        multimodal_image_generation_response = cls(
            id=id,
            status=status,
            created=created,
            model=model,
            execution=execution,
            data=data,
            poll_url=poll_url,
            estimated_time=estimated_time,
            error=error,
        )

        multimodal_image_generation_response.additional_properties = d
        return multimodal_image_generation_response

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


from ..models.error_object import ErrorObject
from ..models.image_datum import ImageDatum
from ..models.image_execution import ImageExecution
