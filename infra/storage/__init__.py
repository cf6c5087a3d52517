"""Object storage over any S3 endpoint: content in and out, and the presigned URLs by which browsers and phones reach it directly."""
