"""Pictures and films as bytes: contact sheets, uploads from strangers, video."""
