"""How values are written in columns: one small codec for each way, chosen by `build_codec`."""

from ownid_grpc.repositories.sql.codecs.base import Clock, Codec, CodecFault, Stored, Unstorable
from ownid_grpc.repositories.sql.codecs.build import build_codec

__all__ = ["Clock", "Codec", "CodecFault", "Stored", "Unstorable", "build_codec"]
