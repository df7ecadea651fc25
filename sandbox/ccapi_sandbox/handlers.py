"""The functions that execute the operations, by the operations' ids. `unhandled` responds to all others."""

from __future__ import annotations

from . import chat, images, listing, speech, videos
from .gateway import Handler

HANDLERS: dict[str, Handler] = {
    "createChatCompletion": chat.create_chat_completion,
    "createSpeech": speech.create_speech,
    "createImage": images.create_image,
    "generateImages": images.generate_images,
    "getImageJob": images.get_image_job,
    "generateVideo": videos.generate_video,
    "getVideoJob": videos.get_video_job,
    "listModels": listing.list_models,
    "getModel": listing.get_model,
    "listProviders": listing.list_providers,
    "getProvider": listing.get_provider,
}
