"""Destruction as schedules demand it: planned, carried out object by object, certified."""
