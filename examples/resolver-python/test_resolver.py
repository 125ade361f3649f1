"""Asks the resolver over gRPC, as Syncline does: python -m unittest"""

import json
import unittest

import grpc

import resolver
from syncline.v1 import records_pb2, resolver_pb2, resolver_service_pb2_grpc


def record(dose):
    if dose is None:
        return records_pb2.StoredRecord(deleted=True)
    return records_pb2.StoredRecord(payload=json.dumps(dose).encode())


def dose(mg, *notes, drug="aspirin"):
    return {"drug": drug, "mg": mg, "notes": list(notes)}


class ResolverTest(unittest.TestCase):
    def setUp(self):
        self.server, port = resolver.serve("127.0.0.1:0")
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.stub = resolver_service_pb2_grpc.ConflictResolverStub(self.channel)

    def tearDown(self):
        self.channel.close()
        self.server.stop(None).wait()

    def ask(self, base, stored, incoming, settings=b""):
        request = resolver_pb2.ResolveRequest(
            tenant="demo",
            space="home",
            collection="doses",
            id="a",
            base=record(base),
            stored=record(stored),
            incoming=record(incoming),
            settings=settings,
        )
        return self.stub.Resolve(request, timeout=5)

    def merged(self, answer):
        self.assertEqual(answer.WhichOneof("decision"), "take_merged")
        return json.loads(answer.take_merged.payload)

    def test_the_smaller_amount_stands_and_all_notes(self):
        answer = self.ask(dose(10), dose(30, "x"), dose(20, "y"))
        self.assertEqual(self.merged(answer), dose(20, "x", "y"))
        self.assertEqual(answer.why, "20 mg stand, and the notes of both are kept.")

    def test_an_amount_that_one_side_changed_is_taken(self):
        self.assertEqual(self.merged(self.ask(dose(10), dose(10, "x"), dose(20)))["mg"], 20)
        self.assertEqual(self.merged(self.ask(dose(10), dose(20), dose(10, "x")))["mg"], 20)

    def test_what_only_a_person_can_say_is_left_to_one(self):
        for asked in (
            (dose(10), None, dose(20)),
            (dose(10), dose(20, drug="ibuprofen"), dose(20)),
            (dose(10), dose(60), dose(50), b'{"mostMg": 40}'),
        ):
            self.assertEqual(self.ask(*asked).WhichOneof("decision"), "take_neither")

    def test_what_is_no_dose_is_refused(self):
        with self.assertRaises(grpc.RpcError) as refused:
            self.ask(dose(10), {"drug": "aspirin"}, {"drug": "aspirin"})
        self.assertEqual(refused.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)


if __name__ == "__main__":
    unittest.main()
