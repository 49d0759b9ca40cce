"""The servicer of SessionService, of which nothing is there yet."""

from ownid.v1.session_service_pb2_grpc import SessionServiceServicer


class SessionServicer(SessionServiceServicer):
    """Answers that no method is implemented, as the methods of the generated class do."""
