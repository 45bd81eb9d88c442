"""Evidence in: collectors, the recorded network, and the way from what was seen to what is sealed."""
