"""Makes the bucket in a store that is brought along: `python -m infra.docker.bucket`. A managed store's bucket is Terraform's."""

import asyncio
import sys

from infra.settings import Settings, load_settings
from infra.storage.s3 import S3Storage


async def make_bucket(settings: Settings) -> None:
    """Create the settings' bucket unless it is there."""
    storage = S3Storage(
        bucket=settings.s3_bucket,
        region=settings.s3_region,
        endpoint=settings.s3_endpoint,
        access_key=settings.s3_access_key.get_secret_value() if settings.s3_access_key else None,
        secret_key=settings.s3_secret_key.get_secret_value() if settings.s3_secret_key else None,
        path_style=settings.s3_path_style,
    )
    try:
        await storage.ensure_bucket()
    finally:
        await storage.close()


if __name__ == "__main__":
    asyncio.run(make_bucket(load_settings()))
    sys.stdout.write("The bucket is ready.\n")
