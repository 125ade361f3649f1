"""A resolver for collections with the policy `external`: python resolver.py [host:port]"""

import json
import sys
from concurrent import futures
from pathlib import Path

import grpc

# What generate.sh makes of proto/.
sys.path.insert(0, str(Path(__file__).parent / "dist" / "generated"))
from syncline.v1 import resolver_pb2, resolver_service_pb2_grpc  # noqa: E402

import doses  # noqa: E402

WORKERS = 8


class DoseResolver(resolver_service_pb2_grpc.ConflictResolverServicer):
    """The same question has the same answer, as it depends on nothing but the question."""

    def Resolve(self, request, context):
        side = lambda name: doses.dose_in(getattr(request, name)) if request.HasField(name) else None
        try:
            settings = json.loads(request.settings) if request.settings else {}
            dose, why = doses.decide(side("base"), side("stored"), side("incoming"), settings)
        except (ValueError, KeyError, TypeError):
            # Syncline asks again later, or has the fall-back of the rule decide.
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "The contents are not those of doses.")
        if dose is None:
            return resolver_pb2.ResolveResponse(take_neither=resolver_pb2.TakeNeither(), why=why)
        merged = resolver_pb2.TakeMerged(payload=json.dumps(dose).encode())
        return resolver_pb2.ResolveResponse(take_merged=merged, why=why)


def serve(address):
    """Gives the server, which runs, and its port."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=WORKERS))
    resolver_service_pb2_grpc.add_ConflictResolverServicer_to_server(DoseResolver(), server)
    port = server.add_insecure_port(address)
    server.start()
    return server, port


if __name__ == "__main__":
    asked_at = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:7500"
    running, bound = serve(asked_at)
    print(f"asks come in at {asked_at.rsplit(':', 1)[0]}:{bound}", flush=True)
    running.wait_for_termination()
