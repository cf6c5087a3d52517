import time, statistics
from mobile_api import batch, sync
from tests.factories import *
from tests.mobile_api.phones import *

async def test_measure(new_phone):
    import json
    print()
    for kind in ("light", "heavy"):
      for size in (1, 5, 10, 25, 50, 100, 200):
        batch.GROUP_ENTRIES = size
        times=[]; longest=[]
        for _ in range(4):
            phone = await new_phone()
            if kind == "light":
                es=[received(lot(FLOUR, f"F{n}"), n) for n in range(200)]
            else:
                es=[packed(sscc(n), [item(f"(01){DUMPLING}(10)P{n%5}(21)S{n}x{m}") for m in range(20)], n) for n in range(200)]
            body=json.dumps({"entries":es}).encode()
            orig=sync._Sync.take
            async def take(self, group):
                a=time.perf_counter(); r=await orig(self, group); longest.append(time.perf_counter()-a); return r
            sync._Sync.take=take
            a=time.perf_counter(); r=batch.read_batch(body); parse=time.perf_counter()-a
            a=time.perf_counter(); await sync.synchronise(phone.services, phone.firm.principal, body); t=time.perf_counter()-a
            a=time.perf_counter(); await sync.synchronise(phone.services, phone.firm.principal, body); t2=time.perf_counter()-a
            sync._Sync.take=orig
            times.append((t,t2,parse))
        print(kind, size, "ms total %.0f again %.0f parse %.0f longest group %.0f" % (*(1000*min(c) for c in zip(*times)), 1000*statistics.median(sorted(longest)[-8:])), flush=True)
