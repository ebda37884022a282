"""
Runs the embedded mail server: an inbox that takes everything and passes nothing on.

Each e-mail is a file in the folder's `new`, which any mail program or editor opens.
"""

import asyncio
import os
from pathlib import Path

from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP

LARGEST_BYTES = 50_000_000


async def serve(*, host: str, port: int, folder: Path) -> None:
    """Take e-mails until the process ends."""
    handler = Mailbox(folder)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(handler, data_size_limit=LARGEST_BYTES, enable_SMTPUTF8=True), host, port
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(
        serve(
            host=os.environ["MAIL_HOST"],
            port=int(os.environ["MAIL_PORT"]),
            folder=Path(os.environ["MAIL_FOLDER"]),
        )
    )
