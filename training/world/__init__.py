"""The film world: short captioned clips drawn by code, which the starter model learns from."""
