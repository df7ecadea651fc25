// The reference of the contract, shown by Swagger UI. "Execute" sends requests to this sandbox.
"use strict";

async function authorize() {
  const { api_key: key } = await (await fetch("/sandbox/status")).json();
  if (key === null) return; // on another machine, or a key of one's own: the user types it in
  const schemes = window.ui.specSelectors.securityDefinitions();
  // Not preauthorizeApiKey: with persistAuthorization, it fails for schemes that are no cookie.
  schemes.forEach((schema, name) => window.ui.authActions.authorize({ [name]: { name, schema, value: key } }));
}

window.ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#reference",
  validatorUrl: null,
  tryItOutEnabled: true,
  persistAuthorization: true,
  onComplete: authorize,
});
