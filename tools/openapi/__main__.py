"""A protoc plugin that makes the OpenAPI document of the REST face; buf runs it.

It takes a CodeGeneratorRequest on standard input and gives a CodeGeneratorResponse on standard
output. No generator of the package registries knows HTTP annotations and speaks OpenAPI 3.1.
"""

import json
import sys

from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest, CodeGeneratorResponse

from tools.openapi.contract import Contract
from tools.openapi.document import document_of

FILE = "ownid/v1/openapi.json"


def main() -> None:
    """Answers the request on standard input on standard output."""
    request = CodeGeneratorRequest.FromString(sys.stdin.buffer.read())
    document = document_of(Contract.of(request.proto_file, request.file_to_generate))
    response = CodeGeneratorResponse(
        supported_features=CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL
    )
    content = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    response.file.add(name=FILE, content=content)
    sys.stdout.buffer.write(response.SerializeToString())


if __name__ == "__main__":
    main()
