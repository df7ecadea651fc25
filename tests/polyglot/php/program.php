<?php
// The calls of the polyglot session by openapi-generator's PHP client; Guzzle is Debian's.

use OpenAPI\Client\Api\CatalogApi;
use OpenAPI\Client\Api\ChatApi;
use OpenAPI\Client\Api\ImagesApi;
use OpenAPI\Client\Configuration;
use OpenAPI\Client\Model\ChatCompletionRequest;
use OpenAPI\Client\Model\ChatContentPart;
use OpenAPI\Client\Model\ChatMessage;
use OpenAPI\Client\Model\MultimodalImageGenerationRequest;
use OpenAPI\Client\Model\MultimodalInputContent;

require getenv('GUZZLE_AUTOLOAD');
spl_autoload_register(function (string $class): void {
    $path = getenv('CLIENT') . '/lib/' . str_replace('\\', '/', substr($class, strlen('OpenAPI\\Client\\'))) . '.php';
    if (str_starts_with($class, 'OpenAPI\\Client\\') && is_file($path)) {
        require $path;
    }
});

$configuration = (new Configuration())->setHost(getenv('CCAPI_BASE_URL'))->setAccessToken(getenv('CCAPI_API_KEY'));
echo count((new CatalogApi(null, $configuration))->listModels()->getData()), " models\n";

$chat = (new ChatApi(null, $configuration))->createChatCompletion(new ChatCompletionRequest([
    'model' => 'openai/gpt-4o-mini',
    'messages' => [
        new ChatMessage(['role' => 'user', 'content' => 'Name a river.']),
        new ChatMessage([
            'role' => 'user',
            'content' => [new ChatContentPart(['type' => 'text', 'text' => 'And a lake.'])],
        ]),
    ],
]));
echo $chat->getChoices()[0]->getMessage()->getContent(), "\n";

$images = new ImagesApi(null, $configuration);
$job = $images->generateImages(new MultimodalImageGenerationRequest([
    'model' => 'imaginepro/nano-banana',
    'contents' => [new MultimodalInputContent(['text' => 'a lighthouse in a storm'])],
]), 'polyglot-php');
for ($question = 0; $question < 100 && $job->getStatus() !== 'completed'; $question++) {
    usleep(200_000);
    $job = $images->getImageJob($job->getId());
}
if ($job->getStatus() !== 'completed') {
    throw new RuntimeException('the status of the job is not completed');
}
file_put_contents($argv[1], file_get_contents($job->getData()[0]->getUrl()));
