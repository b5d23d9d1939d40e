"""CoffeeScript, through the Node.js session."""
