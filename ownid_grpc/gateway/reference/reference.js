// Shows the document of the gateway that serves this page, and asks nobody else for anything.
window.SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  docExpansion: "list",
  // The page is served under a policy that would refuse it anyway.
  validatorUrl: null,
});
