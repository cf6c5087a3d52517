import asyncio, os
import pytest, uvicorn
from backend.demo.loading import put_catalogue
from backend.simulator import Industry, simulate
from backend.events.projection import Source
from backend.holds import service as holds
from infra.database import Gate
from tests.factories import canonical
from playwright.async_api import async_playwright
ARGS = "--disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync".split()

@pytest.mark.timeout(600)
async def test_shots(services, firm, do_outbox, app):
    made = simulate(Industry.FOOD, events=1200, seed=2026)
    await services.in_tenant(firm.tenant_id, lambda tx: put_catalogue(tx, firm.principal, made.master_data))
    for doc in made.documents(300):
        evs = canonical(*[{"@context": doc["@context"], **b} for b in doc["epcisBody"]["eventList"]])
        await services.capturing(firm.tenant_id, evs, lambda tx: services.capture.capture(tx, evs, source=Source.EPCIS))
    await do_outbox()
    class Quiet(uvicorn.Server):
        def install_signal_handlers(self): pass
    cfg = uvicorn.Config(app, port=18765, log_level="warning", lifespan="off", ws="none", access_log=False)
    server = Quiet(cfg); task = asyncio.create_task(server._serve()) if hasattr(server,"_serve") else asyncio.create_task(server.serve())
    while not server.started: await asyncio.sleep(0.05)
    async with services.database.tenant(firm.tenant_id) as tx:
        rows = await tx.fetch("select key, document, lot_key from published_history where tenant_id=$1 and lot_key is null and key like '%/10/%' order by length(document) desc")
        units = await tx.fetch("select key from published_history where tenant_id=$1 and lot_key=$2 order by length(document) desc, key limit 1", rows[0]["key"])
    lot = rows[0]["key"]; held = rows[1]["key"]; unit = units[0]["key"]
    print(len(rows), lot, unit)
    await services.in_tenant(firm.tenant_id, lambda tx: holds.place_hold(tx, firm.principal, key=held, reason="x"), gate=Gate.EXCLUSIVE)
    await do_outbox()
    base = f"http://{firm.slug}.suyuan.test:18765/"
    os.makedirs("/tmp/shots", exist_ok=True)
    async with async_playwright() as p:
        b = await p.chromium.launch(executable_path="/usr/bin/chromium", chromium_sandbox=False, args=[*ARGS, "--host-resolver-rules=MAP *.suyuan.test 127.0.0.1"])
        for name, path, w, h, dark in [("lot-zh-phone", lot+"?lang=zh",360,740,False),("lot-en-phone",lot+"?lang=en",360,740,False),("lot-zh-desk",lot+"?lang=zh",1280,900,False),("lot-en-desk-dark",lot+"?lang=en",1280,900,True),("held-zh-phone-dark",held+"?lang=zh",360,740,True),("held-en-phone",held+"?lang=en",360,740,False),("unit-en-phone",unit+"?lang=en",360,740,False),("product-zh-phone",lot.split("/10/")[0]+"?lang=zh",360,740,False),("missing-en-phone","01/09506000134352?lang=en",360,740,False)]:
            ctx = await b.new_context(viewport={"width":w,"height":h}, device_scale_factor=1.5 if w<400 else 1, color_scheme="dark" if dark else "light")
            pg = await ctx.new_page()
            pg.on("console", lambda m: print("CONSOLE", m.text)); pg.on("request", lambda r: print("REQ", r.url))
            r = await pg.goto(base+path); body = await r.body()
            print(name, r.status, len(body), await pg.evaluate("document.documentElement.scrollWidth"))
            await pg.screenshot(path=f"/tmp/shots/{name}.png", full_page=True)
            if name.startswith("lot-en-phone"): __import__("pathlib").Path("/tmp/shots/lot.html").write_bytes(body); await pg.pdf(path="/tmp/shots/print.pdf")
            await ctx.close()
        await b.close()
    server.should_exit = True; await task
