"""The settings: what every process needs (`base`), and those of admin, delivery, queue and log."""

from config.settings.admin import *  # noqa: F403
from config.settings.base import *  # noqa: F403
from config.settings.delivery import *  # noqa: F403
from config.settings.log import *  # noqa: F403
from config.settings.queue import *  # noqa: F403
