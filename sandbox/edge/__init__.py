"""The edge of the sandbox: connectors register here, browsers enter here."""
