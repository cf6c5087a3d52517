import time, os, json, cProfile, pstats
from collections import Counter
import pytest
from backend.demo.loading import put_catalogue
from backend.simulator import Industry, simulate
from backend.events.projection import Source
from tests.factories import canonical
from backend.history import publisher, repository, compilation
from backend.worker import handlers
from infra.queue import drain

@pytest.mark.timeout(600)
async def test_bench(services, firm, do_outbox):
    made = simulate(Industry(os.environ.get("IND","food")), events=int(os.environ.get("N","4000")), seed=2026)
    await services.in_tenant(firm.tenant_id, lambda tx: put_catalogue(tx, firm.principal, made.master_data))
    total = 0; slow=[]
    cap=0
    prof = cProfile.Profile()
    for doc in made.documents(200):
        evs = canonical(*[{"@context": doc["@context"], **b} for b in doc["epcisBody"]["eventList"]])
        t=time.perf_counter()
        await services.capturing(firm.tenant_id, evs, lambda tx: services.capture.capture(tx, evs, source=Source.EPCIS))
        cap += time.perf_counter()-t
        t=time.perf_counter()
        prof.enable()
        n=await do_outbox()
        prof.disable()
        d=time.perf_counter()-t
        total+=d; slow.append((round(d,3), n))
    print("captured", cap, "published", total, slow)
    pstats.Stats(prof).sort_stats("cumtime").print_stats(45)
    async with services.database.tenant(firm.tenant_id) as tx:
        print(await tx.fetchval("select count(*) from published_history where tenant_id = $1"))
        for r in await tx.fetch("select key, lot_key, document from published_history where tenant_id=$1 and lot_key is null order by length(document) desc limit 3"): print(dict(r))
        for r in await tx.fetch("select key, lot_key, document from published_history where tenant_id=$1 and lot_key is not null limit 3"): print(dict(r))
        print([dict(r) for r in await tx.fetch("select failure from outbox where tenant_id=$1 and failure is not null limit 3")])
