"""What stands at the root: a plain page that says what answers here and where."""

from typing import Final

from litestar import MediaType, Response, get

from tenants.http import public

_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Suyuan 溯源</title>
<style>
body { font: 17px/1.6 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif; color: #1b1f24; background: #fbfaf6; margin: 0 auto; max-width: 40em;
  padding: 12vh 24px }
h1 { font-family: Georgia, "Songti SC", serif; font-size: 2em; margin: 0 }
dt { font-weight: 600; margin-top: 1em } dd { margin: 0 } code { font-size: .9em }
@media (prefers-color-scheme: dark) { body { color: #e8e6e1; background: #15181c } }
</style></head><body><main>
<h1>Suyuan <span lang="zh">溯源</span></h1>
<p>Production traceability. <span lang="zh">生产溯源服务。</span></p>
<dl>
<dt>GraphQL</dt><dd><code>POST /graphql</code></dd>
<dt>EPCIS 2.0</dt><dd><code>/epcis/capture</code>, <code>/epcis/events</code></dd>
<dt>Validator <span lang="zh">校验</span></dt><dd><a href="/validator"><code>/validator</code></a></dd>
<dt>Phones <span lang="zh">手机</span></dt><dd><code>/mobile/v1</code></dd>
<dt>Product history <span lang="zh">产品履历</span></dt><dd><code>/01/{GTIN}/10/{lot}</code>, <code>/01/{GTIN}/21/{serial}</code></dd>
<dt>Sign in <span lang="zh">登录</span></dt><dd><code>POST /auth/sign-in</code></dd>
</dl></main></body></html>"""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@get("/", opt=public("it tells of no tenant"), include_in_schema=False, media_type=MediaType.HTML)
async def landing() -> Response[str]:
    """The page."""
    return Response(_PAGE, media_type=MediaType.HTML, headers={"Content-Security-Policy": _POLICY, "Cache-Control": "max-age=3600"})
