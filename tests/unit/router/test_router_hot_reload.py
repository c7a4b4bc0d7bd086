"""The registry file changes while the router runs."""

import asyncio

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs
from support.answers import ask
from support.scripted_competitor import holding, saying

from janus_mesh.errors import ModelNotFound


def refusals() -> float:
    return REGISTRY.get_sample_value("janus_router_registry_loads_total", {"result": "refused"}) or 0.0


async def until(condition) -> None:
    """Waits for what no event tells."""
    async with asyncio.timeout(10):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)


async def test_a_competitor_added_to_the_file_answers(house):
    competitor = await house.competitor()
    router = await house.router()

    router.rewrite({"id": "new", "url": competitor.url})
    await router.until_state("HEALTHY", "new")

    await router.ask(ask("new"))


async def test_a_file_written_in_place_is_seen_too(house):
    competitor = await house.competitor()
    router = await house.router()

    router.file.write_text(f"competitors: [{{id: new, url: '{competitor.url}'}}]\n")

    await router.until_state("HEALTHY", "new")


async def test_a_folder_swapped_by_symlink_is_seen_too(house, tmp_path):
    """As Kubernetes updates a mounted ConfigMap."""
    old, new = tmp_path / "..1", tmp_path / "..2"
    for folder, ids in ((old, "a"), (new, "ab")):
        folder.mkdir()
        entries = ", ".join(f"{{id: {i}, url: 'grpc://127.0.0.1:9'}}" for i in ids)
        (folder / "registry.yaml").write_text(f"competitors: [{entries}]\n")
    data, file = tmp_path / "..data", tmp_path / "registry.yaml"
    data.symlink_to(old)
    file.symlink_to(data / "registry.yaml")
    router = await house.router(competitors=file)

    fresh = tmp_path / "..data_tmp"
    fresh.symlink_to(new)
    fresh.replace(data)

    await router.until(lambda listed: set(listed) == {"a", "b"})


async def test_an_exchange_at_a_removed_competitor_goes_on_to_its_end(house):
    release = asyncio.Event()
    competitor = await house.competitor(holding(release, "first "))
    router = await house.router({"id": "old", "url": competitor.url})
    asked = asyncio.create_task(router.ask(ask("old")))
    await competitor.next_answer()

    router.rewrite()
    await router.until(lambda listed: not listed)
    with pytest.raises(ModelNotFound):
        await router.ask(ask("old"))
    release.set()

    assert "".join(e.content for e in await asked) == "first done"


async def test_the_connection_to_a_removed_competitor_closes_with_its_last_exchange(house):
    release = asyncio.Event()
    competitor = await house.competitor(holding(release))
    router = await house.router({"id": "old", "url": competitor.url})
    pool = router.registry._pool
    asked = asyncio.create_task(router.ask(ask("old")))
    await competitor.next_answer()

    router.rewrite()
    await router.until(lambda listed: not listed)
    assert competitor.url in pool
    release.set()
    await asked

    await until(lambda: competitor.url not in pool)


async def test_an_exchange_goes_on_while_its_competitor_moves_and_new_ones_go_to_the_new_address(house):
    release = asyncio.Event()
    old, new = await house.competitor(holding(release)), await house.competitor(saying("moved"))
    router = await house.router({"id": "a", "url": old.url})
    asked = asyncio.create_task(router.ask(ask("a")))
    await old.next_answer()

    router.rewrite({"id": "a", "url": new.url})
    await router.until(lambda listed: listed["a"].url == new.url)

    assert "".join(e.content for e in await router.ask(ask("a"))) == "moved"
    release.set()
    assert "".join(e.content for e in await asked) == "done"


async def test_those_who_queue_for_a_removed_competitor_go_to_another(house):
    release = asyncio.Event()
    old, other = await house.competitor(holding(release)), await house.competitor(holding(release))
    entry = {"models": ["m"], "max_concurrency": 1}
    kept = {"id": "b", "url": other.url, **entry}
    router = await house.router({"id": "a", "url": old.url, **entry}, kept)
    asked = [asyncio.create_task(router.ask(ask("m"))) for _ in range(3)]
    await old.next_answer()
    await other.next_answer()
    await router.until(lambda listed: listed["a"].queued_exchanges == 1)

    router.rewrite(kept)
    await router.until(lambda listed: set(listed) == {"b"})
    release.set()
    await asyncio.gather(*asked)

    assert (len(old.requests), len(other.requests)) == (1, 2)


async def test_a_change_of_description_keeps_health_and_counts(house):
    release = asyncio.Event()
    competitor = await house.competitor(holding(release))
    router = await house.router({"id": "a", "url": competitor.url})
    await router.until_state("HEALTHY", "a")
    asked = asyncio.create_task(router.ask(ask("a")))
    await competitor.next_answer()
    before = router.registry.named("a")

    router.rewrite({"id": "a", "url": competitor.url, "max_concurrency": 1, "models": ["alias"]})
    await router.until(lambda listed: listed["a"].models == ["alias"])

    after = router.registry.named("a")
    assert after is before
    assert (after.gate.live, after.gate.has_place) == (1, False)
    release.set()
    await asked


async def test_an_invalid_file_is_refused_whole_and_the_running_one_stays(house):
    competitor = await house.competitor()
    router = await house.router({"id": "a", "url": competitor.url})
    before = refusals()

    with capture_logs() as logged:
        router.rewrite({"id": "a", "url": competitor.url}, {"id": "b", "url": "grpc://h:1", "wieght": 2})
        await until(lambda: refusals() == before + 1)

    await router.ask(ask("a"))
    with pytest.raises(ModelNotFound):
        await router.ask(ask("b"))
    reason = f"{router.file}:6: competitors[1].wieght: unknown key; did you mean `weight`?"
    assert reason in [line.get("reason") for line in logged]


async def test_a_file_mended_after_a_mistake_takes_effect(house):
    router = await house.router({"id": "a", "url": "grpc://127.0.0.1:9"})
    before = refusals()
    router.rewrite({"id": "a"})
    await until(lambda: refusals() == before + 1)

    router.rewrite({"id": "b", "url": "grpc://127.0.0.1:9"})

    await router.until(lambda listed: set(listed) == {"b"})


async def test_a_deleted_file_changes_nothing_until_it_is_back(house):
    router = await house.router({"id": "a", "url": "grpc://127.0.0.1:9"})
    before = refusals()

    router.file.unlink()
    await until(lambda: refusals() == before + 1)
    assert router.registry.get("a")

    router.rewrite({"id": "b", "url": "grpc://127.0.0.1:9"})
    await router.until(lambda listed: set(listed) == {"b"})
