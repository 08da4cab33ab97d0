"""What the integration tests are written with: a proxy process, raw peers with scripted bytes, and meters."""
