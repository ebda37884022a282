"""What Django's own formats of the language lack."""

DATETIME_FORMAT = "j. F Y H:i T"
