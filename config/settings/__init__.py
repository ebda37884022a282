"""The settings: what every process needs (`base`), and those of its parts."""

from config.settings.admin import *  # noqa: F403
from config.settings.base import *  # noqa: F403
from config.settings.delivery import *  # noqa: F403
from config.settings.limits import *  # noqa: F403
from config.settings.log import *  # noqa: F403
from config.settings.monitoring import *  # noqa: F403
from config.settings.queue import *  # noqa: F403
from config.settings.roles import *  # noqa: F403
from config.settings.schedule import *  # noqa: F403
from config.settings.signin import *  # noqa: F403
