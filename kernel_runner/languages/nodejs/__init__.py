"""JavaScript: a session in Node.js."""
