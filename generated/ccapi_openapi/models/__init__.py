"""The models of the contract, each of them loaded when it is first used."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .audio_format import AudioFormat
    from .audio_speech_request import AudioSpeechRequest
    from .audio_speech_response import AudioSpeechResponse
    from .chat_annotation import ChatAnnotation
    from .chat_choice import ChatChoice
    from .chat_chunk_choice import ChatChunkChoice
    from .chat_completion_chunk import ChatCompletionChunk
    from .chat_completion_message import ChatCompletionMessage
    from .chat_completion_request import ChatCompletionRequest
    from .chat_completion_request_logit_bias import ChatCompletionRequestLogitBias
    from .chat_completion_request_metadata import ChatCompletionRequestMetadata
    from .chat_completion_response import ChatCompletionResponse, ParsedChatCompletion
    from .chat_completion_tokens_details import ChatCompletionTokensDetails
    from .chat_content_part import ChatContentPart
    from .chat_delta import ChatDelta
    from .chat_finish_reason import ChatFinishReason
    from .chat_image_url import ChatImageUrl
    from .chat_json_schema import ChatJsonSchema
    from .chat_json_schema_schema import ChatJsonSchemaSchema
    from .chat_logprobs import ChatLogprobs
    from .chat_message import ChatMessage
    from .chat_part_type import ChatPartType
    from .chat_prompt_tokens_details import ChatPromptTokensDetails
    from .chat_response_format import ChatResponseFormat
    from .chat_response_format_type import ChatResponseFormatType
    from .chat_role import ChatRole
    from .chat_stream_options import ChatStreamOptions
    from .chat_token_logprob import ChatTokenLogprob
    from .chat_tool import ChatTool
    from .chat_tool_call import ChatToolCall
    from .chat_tool_call_function import ChatToolCallFunction
    from .chat_tool_choice import ChatToolChoice
    from .chat_tool_choice_function import ChatToolChoiceFunction
    from .chat_tool_function import ChatToolFunction
    from .chat_tool_function_parameters import ChatToolFunctionParameters
    from .chat_tool_type import ChatToolType
    from .chat_top_logprob import ChatTopLogprob
    from .chat_url_citation import ChatUrlCitation
    from .chat_usage import ChatUsage
    from .error_details import ErrorDetails
    from .error_object import ErrorObject
    from .error_response import ErrorResponse
    from .execution_mode import ExecutionMode
    from .image_datum import ImageDatum
    from .image_execution import ImageExecution
    from .image_input import ImageInput
    from .image_job_status import ImageJobStatus
    from .image_operation import ImageOperation
    from .image_quality import ImageQuality
    from .legacy_image_generation_request import LegacyImageGenerationRequest
    from .legacy_image_generation_response import LegacyImageGenerationResponse
    from .list_models_order import ListModelsOrder
    from .model_capabilities import ModelCapabilities
    from .model_details import ModelDetails
    from .model_list_response import ModelListResponse
    from .model_pricing import ModelPricing
    from .model_summary import ModelSummary
    from .multimodal_image_generation_request import MultimodalImageGenerationRequest
    from .multimodal_image_generation_response import MultimodalImageGenerationResponse
    from .multimodal_image_parameters import MultimodalImageParameters
    from .multimodal_input_content import MultimodalInputContent
    from .provider_detail_response import ProviderDetailResponse
    from .provider_list_response import ProviderListResponse
    from .provider_summary import ProviderSummary
    from .response_format import ResponseFormat
    from .speech_response_format import SpeechResponseFormat
    from .video_generation_request import VideoGenerationRequest
    from .video_job import VideoJob
    from .video_metadata import VideoMetadata
    from .video_options import VideoOptions
    from .video_status import VideoStatus
    from .video_task import VideoTask

__all__ = (
    "AudioFormat",
    "AudioSpeechRequest",
    "AudioSpeechResponse",
    "ChatAnnotation",
    "ChatChoice",
    "ChatChunkChoice",
    "ChatCompletionChunk",
    "ChatCompletionMessage",
    "ChatCompletionRequest",
    "ChatCompletionRequestLogitBias",
    "ChatCompletionRequestMetadata",
    "ChatCompletionResponse",
    "ChatCompletionTokensDetails",
    "ChatContentPart",
    "ChatDelta",
    "ChatFinishReason",
    "ChatImageUrl",
    "ChatJsonSchema",
    "ChatJsonSchemaSchema",
    "ChatLogprobs",
    "ChatMessage",
    "ChatPartType",
    "ChatPromptTokensDetails",
    "ChatResponseFormat",
    "ChatResponseFormatType",
    "ChatRole",
    "ChatStreamOptions",
    "ChatTokenLogprob",
    "ChatTool",
    "ChatToolCall",
    "ChatToolCallFunction",
    "ChatToolChoice",
    "ChatToolChoiceFunction",
    "ChatToolFunction",
    "ChatToolFunctionParameters",
    "ChatToolType",
    "ChatTopLogprob",
    "ChatUrlCitation",
    "ChatUsage",
    "ErrorDetails",
    "ErrorObject",
    "ErrorResponse",
    "ExecutionMode",
    "ImageDatum",
    "ImageExecution",
    "ImageInput",
    "ImageJobStatus",
    "ImageOperation",
    "ImageQuality",
    "LegacyImageGenerationRequest",
    "LegacyImageGenerationResponse",
    "ListModelsOrder",
    "ModelCapabilities",
    "ModelDetails",
    "ModelListResponse",
    "ModelPricing",
    "ModelSummary",
    "MultimodalImageGenerationRequest",
    "MultimodalImageGenerationResponse",
    "MultimodalImageParameters",
    "MultimodalInputContent",
    "ParsedChatCompletion",
    "ProviderDetailResponse",
    "ProviderListResponse",
    "ProviderSummary",
    "ResponseFormat",
    "SpeechResponseFormat",
    "VideoGenerationRequest",
    "VideoJob",
    "VideoMetadata",
    "VideoOptions",
    "VideoStatus",
    "VideoTask",
)

_MODULES = {
    "AudioFormat": ".audio_format",
    "AudioSpeechRequest": ".audio_speech_request",
    "AudioSpeechResponse": ".audio_speech_response",
    "ChatAnnotation": ".chat_annotation",
    "ChatChoice": ".chat_choice",
    "ChatChunkChoice": ".chat_chunk_choice",
    "ChatCompletionChunk": ".chat_completion_chunk",
    "ChatCompletionMessage": ".chat_completion_message",
    "ChatCompletionRequest": ".chat_completion_request",
    "ChatCompletionRequestLogitBias": ".chat_completion_request_logit_bias",
    "ChatCompletionRequestMetadata": ".chat_completion_request_metadata",
    "ChatCompletionResponse": ".chat_completion_response",
    "ParsedChatCompletion": ".chat_completion_response",
    "ChatCompletionTokensDetails": ".chat_completion_tokens_details",
    "ChatContentPart": ".chat_content_part",
    "ChatDelta": ".chat_delta",
    "ChatFinishReason": ".chat_finish_reason",
    "ChatImageUrl": ".chat_image_url",
    "ChatJsonSchema": ".chat_json_schema",
    "ChatJsonSchemaSchema": ".chat_json_schema_schema",
    "ChatLogprobs": ".chat_logprobs",
    "ChatMessage": ".chat_message",
    "ChatPartType": ".chat_part_type",
    "ChatPromptTokensDetails": ".chat_prompt_tokens_details",
    "ChatResponseFormat": ".chat_response_format",
    "ChatResponseFormatType": ".chat_response_format_type",
    "ChatRole": ".chat_role",
    "ChatStreamOptions": ".chat_stream_options",
    "ChatTokenLogprob": ".chat_token_logprob",
    "ChatTool": ".chat_tool",
    "ChatToolCall": ".chat_tool_call",
    "ChatToolCallFunction": ".chat_tool_call_function",
    "ChatToolChoice": ".chat_tool_choice",
    "ChatToolChoiceFunction": ".chat_tool_choice_function",
    "ChatToolFunction": ".chat_tool_function",
    "ChatToolFunctionParameters": ".chat_tool_function_parameters",
    "ChatToolType": ".chat_tool_type",
    "ChatTopLogprob": ".chat_top_logprob",
    "ChatUrlCitation": ".chat_url_citation",
    "ChatUsage": ".chat_usage",
    "ErrorDetails": ".error_details",
    "ErrorObject": ".error_object",
    "ErrorResponse": ".error_response",
    "ExecutionMode": ".execution_mode",
    "ImageDatum": ".image_datum",
    "ImageExecution": ".image_execution",
    "ImageInput": ".image_input",
    "ImageJobStatus": ".image_job_status",
    "ImageOperation": ".image_operation",
    "ImageQuality": ".image_quality",
    "LegacyImageGenerationRequest": ".legacy_image_generation_request",
    "LegacyImageGenerationResponse": ".legacy_image_generation_response",
    "ListModelsOrder": ".list_models_order",
    "ModelCapabilities": ".model_capabilities",
    "ModelDetails": ".model_details",
    "ModelListResponse": ".model_list_response",
    "ModelPricing": ".model_pricing",
    "ModelSummary": ".model_summary",
    "MultimodalImageGenerationRequest": ".multimodal_image_generation_request",
    "MultimodalImageGenerationResponse": ".multimodal_image_generation_response",
    "MultimodalImageParameters": ".multimodal_image_parameters",
    "MultimodalInputContent": ".multimodal_input_content",
    "ProviderDetailResponse": ".provider_detail_response",
    "ProviderListResponse": ".provider_list_response",
    "ProviderSummary": ".provider_summary",
    "ResponseFormat": ".response_format",
    "SpeechResponseFormat": ".speech_response_format",
    "VideoGenerationRequest": ".video_generation_request",
    "VideoJob": ".video_job",
    "VideoMetadata": ".video_metadata",
    "VideoOptions": ".video_options",
    "VideoStatus": ".video_status",
    "VideoTask": ".video_task",
}

if not TYPE_CHECKING:  # or else a type checker would let every name pass

    def __getattr__(name: str) -> Any:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        model = globals()[name] = getattr(import_module(_MODULES[name], __name__), name)
        return model

    def __dir__() -> list[str]:
        return [*globals(), *__all__]
