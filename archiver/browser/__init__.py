"""The only door to a browser: Chromium without a network, whose every request the recording transport answers."""
