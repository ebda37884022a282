"use strict";

// A file of its own, not a script in the page: so the page can forbid those.
const viewer = document.getElementById("viewer");

SwaggerUIBundle({
  url: viewer.dataset.description,
  domNode: viewer,
  deepLinking: true,
  docExpansion: "none",  // A hundred operations: the resources alone first.
  filter: true,
  displayOperationId: true,
  persistAuthorization: true,
  validatorUrl: null,  // It would send the description to another host.
});
