"""So many asyncio tasks asleep at once: what does one of them weigh?"""

import lab

run = lab.start(models=("idle",))

import asyncio


async def asleep(tasks):
    """Memory with all of them asleep; then they are cancelled, so that no time has to be guessed."""
    before = lab.status("VmRSS")
    sleeping = [asyncio.create_task(asyncio.sleep(3600)) for _ in range(tasks)]
    # Tasks start in the order of their creation: when this one has run, all of them are asleep.
    await asyncio.create_task(asyncio.sleep(0))
    grown = lab.status("VmRSS") - before
    for task in sleeping:
        task.cancel()
    ended = await asyncio.gather(*sleeping, return_exceptions=True)
    if not all(isinstance(end, asyncio.CancelledError) for end in ended):
        raise lab.Failure("idle", "a task was awake before all were asleep")
    return grown * 1024 // tasks


def trial(_):
    per_task = asyncio.run(asleep(run.tasks))
    return lab.Answer(pages=run.tasks, extra={"per_task_bytes": per_task})


lab.serve(run, trial)
