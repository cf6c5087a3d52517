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

from infra.database import TenantTransaction
spent=Counter(); calls=Counter()
_f=TenantTransaction.fetch; _e=TenantTransaction.execute
async def fetch(self, q, *v):
    t=time.perf_counter(); r=await _f(self,q,*v); spent[q[:110]]+=time.perf_counter()-t; calls[q[:110]]+=1; return r
SEEN=set()
async def fetch(self, q, *v):
    t=time.perf_counter(); r=await _f(self,q,*v); d=time.perf_counter()-t; spent[q[:110]]+=d; calls[q[:110]]+=1
    if d>0.15 and not os.environ.get('QUIET') and q[:110] not in SEEN and len(r)>=0:
        SEEN.add(q[:110]); print("\n".join(x[0][:200] for x in await self._raw.fetch("explain analyze "+q, self.tenant_id, *v)))
    return r
async def execute(self, q, *v):
    t=time.perf_counter(); r=await _e(self,q,*v); spent[q[:110]]+=time.perf_counter()-t; calls[q[:110]]+=1; return r
@pytest.mark.timeout(600)
async def test_bench(services, firm, do_outbox, cluster):
    made = simulate(Industry(os.environ.get("IND","food")), events=int(os.environ.get("N","4000")), seed=2026)
    await services.in_tenant(firm.tenant_id, lambda tx: put_catalogue(tx, firm.principal, made.master_data))
    tot=Counter(); n_=Counter(); total = 0; slow=[]
    cap=0
    TenantTransaction.fetch=fetch; TenantTransaction.execute=execute
    import asyncpg
    adm = await asyncpg.connect(cluster.admin_dsn, database="suyuan_main")
    for i, doc in enumerate(made.documents(200)):
        if os.environ.get('ANALYZE') and i % 3 == 1: await adm.execute("analyze")
        evs = canonical(*[{"@context": doc["@context"], **b} for b in doc["epcisBody"]["eventList"]])
        t=time.perf_counter()
        await services.capturing(firm.tenant_id, evs, lambda tx: services.capture.capture(tx, evs, source=Source.EPCIS))
        cap += time.perf_counter()-t
        t=time.perf_counter()
        spent0=spent.copy(); calls0=calls.copy()
        n=await do_outbox()
        for k in spent: tot[k]+=spent[k]-spent0[k]; n_[k]+=calls[k]-calls0[k]
        d=time.perf_counter()-t
        total+=d; slow.append((round(d,3), n))
    print("captured", cap, "published", total, slow)
    for k,v in tot.most_common(14): print(round(v,3), n_[k], ' '.join(k.split()))
    async with services.database.tenant(firm.tenant_id) as tx:
        print(await tx.fetchval("select count(*) from published_history where tenant_id = $1"))
        pass
