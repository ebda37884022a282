"""The settings: what every process needs (`base`), the queue (`queue`) and the log (`log`)."""

from config.settings.base import *  # noqa: F403
from config.settings.log import *  # noqa: F403
from config.settings.queue import *  # noqa: F403
