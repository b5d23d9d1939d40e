"""TypeScript, through the Node.js session."""
