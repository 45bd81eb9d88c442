"""What Holdfast talks about: immutable data, its one spelling in bytes, and the errors. No I/O, no clock."""
