"""The service: labels over HTTP, from a queue that is bounded, and the page (extra ``serve``)."""
