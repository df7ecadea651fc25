// The reference of the contract, shown by Swagger UI. "Execute" sends requests to this sandbox.
"use strict";

window.ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#reference",
  validatorUrl: null,
  tryItOutEnabled: true,
  persistAuthorization: true,
});
