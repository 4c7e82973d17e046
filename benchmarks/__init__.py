"""What README's figures come from: run as modules, from the top level."""
