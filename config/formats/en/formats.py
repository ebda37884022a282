"""What Django's own formats of the language lack."""

DATETIME_FORMAT = "j M Y, H:i T"
