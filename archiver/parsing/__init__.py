"""From foreign bytes to clean values: text, dates, markup, JSON and where its values lie. Pure."""
