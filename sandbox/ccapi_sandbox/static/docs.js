// The reference, by Swagger UI, of the contract that this sandbox serves; requests that are tried go to the sandbox.
"use strict";

window.ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#reference",
  validatorUrl: null,
  tryItOutEnabled: true,
  persistAuthorization: true,
});
