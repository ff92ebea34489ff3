"""Kyphoplasty with intraoperative radiotherapy: the needle, the source, the prescription, the result."""
