"""Every operation of the contract, as the methods of one class."""

from .audio import AsyncAudioApi, AudioApi
from .catalog import AsyncCatalogApi, CatalogApi
from .chat import AsyncChatApi, ChatApi
from .images import AsyncImagesApi, ImagesApi

__all__ = ["Api", "AsyncApi"]


class Api(
    AudioApi,
    CatalogApi,
    ChatApi,
    ImagesApi,
):
    """Every operation of the contract."""


class AsyncApi(
    AsyncAudioApi,
    AsyncCatalogApi,
    AsyncChatApi,
    AsyncImagesApi,
):
    """Every operation of the contract, asynchronous."""
