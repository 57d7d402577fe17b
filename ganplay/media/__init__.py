"""Pictures and films as bytes: contact sheets, uploads from visitors, video."""
