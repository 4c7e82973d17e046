"""The extension interface: what an experiment is, and the kinds that come with the tool."""
