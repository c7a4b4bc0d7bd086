"""The gate before every service: recognises the caller, lets it in or not, and conducts its call."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from opentelemetry.trace import SpanKind
from starlette.requests import Request
from starlette.responses import Response

from janus_mesh import logs, traces
from janus_mesh.errors import JanusError
from janus_mesh.headers import REQUEST_ID
from janus_platform.reply import Reply, Replying

from .caller import Doorkeeper
from .errors import TokenClosed
from .ledger import Ledger
from .passage import Passage
from .prices import Prices, load_prices
from .rates import Rates

Work = Callable[[Reply, Passage], Awaitable[None]]
# Returns the body of the answer.
JsonWork = Callable[[Passage], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Gate:
    """One for the whole process; without arguments it lets everybody in and knows nobody."""

    doorkeeper: Doorkeeper = field(default_factory=lambda: Doorkeeper("", require_token=False))
    rates: Rates = field(default_factory=lambda: Rates(0, 1))
    prices: Prices = field(default_factory=lambda: load_prices(None))
    ledger: Ledger = field(default_factory=Ledger)

    def answer(
        self,
        request: Request,
        service: str,
        work: Work,
        *,
        max_body: int | None = None,
        streams_body: bool = False,
        open_to_all: bool = False,
    ) -> Response:
        """Answers with what `work` writes, cancelled the moment the caller leaves.

        A `max_body` reads the body, of at most so many bytes, into `passage.body` first, after the caller
        was let in; with `streams_body` the work reads it from `reply.incoming` itself. `open_to_all` needs no
        token where others do. Errors become an answer, and every call one line of the egress log. A call
        whose attempt is closed meanwhile ends with `TokenClosed`.
        """
        stranger = self.doorkeeper.stranger(request.headers)
        parent = traces.extract(request.headers)

        async def conduct(reply: Reply) -> None:
            with (
                logs.bound(request_id=stranger.request_id),
                traces.tracer().start_as_current_span(service, parent, SpanKind.SERVER),
                Passage(service, stranger, self.prices, reply) as passage,
            ):
                try:
                    self._admit(request, passage, open_to_all=open_to_all)
                    async with passage.leash():
                        if max_body is not None:
                            passage.body = await reply.incoming.read(request.headers, max_body)
                        await work(reply, passage)
                except TokenClosed as error:
                    passage.error = error
                    passage.settle("aborted")  # before the caller is told, who may be slow to read it
                    await reply.fail(error)
                except JanusError as error:
                    passage.error = error
                    await reply.fail(error)

        return Replying(
            conduct, {REQUEST_ID: stranger.request_id}, reads_body=streams_body or max_body is not None
        )

    def answer_json(self, request: Request, service: str, work: JsonWork, *, max_body: int) -> Response:
        """Answers with what `work` returns, as JSON."""

        async def write(reply: Reply, passage: Passage) -> None:
            await reply.json(200, await work(passage))

        return self.answer(request, service, write, max_body=max_body)

    def _admit(self, request: Request, passage: Passage, *, open_to_all: bool) -> None:
        caller = passage.caller = self.doorkeeper.recognise(request.headers, needed=not open_to_all)
        logs.bind(request_id=caller.request_id)
        if caller.token is not None:
            self.rates.take(f"{caller.identity} {caller.token.attempt_id}")
            passage.admit(self.ledger.account(caller.token))
