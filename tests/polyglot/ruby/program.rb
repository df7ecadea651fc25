# The calls of the polyglot session by openapi-generator's Ruby client.
require 'net/http'
require 'openapi_client'

base = URI(ENV.fetch('CCAPI_BASE_URL'))
configuration = OpenapiClient::Configuration.new do |c|
  c.scheme = base.scheme
  c.host = "#{base.host}:#{base.port}"
  c.base_path = base.path
  c.server_index = nil # else the contract's own servers are asked
  c.access_token = ENV.fetch('CCAPI_API_KEY')
end
client = OpenapiClient::ApiClient.new(configuration)
puts "#{OpenapiClient::CatalogApi.new(client).list_models.data.size} models"

part = OpenapiClient::ChatContentPart.new(type: 'text', text: 'And a lake.')
messages = ['Name a river.', [part]].map { |text| OpenapiClient::ChatMessage.new(role: 'user', content: text) }
chat = OpenapiClient::ChatApi.new(client).create_chat_completion(
  OpenapiClient::ChatCompletionRequest.new(model: 'openai/gpt-4o-mini', messages: messages)
)
puts chat.choices.first.message.content

images = OpenapiClient::ImagesApi.new(client)
content = OpenapiClient::MultimodalInputContent.new(text: 'a lighthouse in a storm')
job = images.generate_images(
  OpenapiClient::MultimodalImageGenerationRequest.new(model: 'imaginepro/nano-banana', contents: [content]),
  idempotency_key: 'polyglot-ruby'
)
100.times do
  break if job.status == 'completed'

  sleep 0.2
  job = images.get_image_job(job.id)
end
raise "the job is #{job.status.inspect}" unless job.status == 'completed'

File.binwrite(ARGV.fetch(0), Net::HTTP.get(URI(job.data.first.url)))
