"""A protoc plugin that makes the Python stubs with grpcio-tools.

buf runs it as `buf.gen.yaml` says. It exists because grpcio-tools carries its generators inside
its own protoc, out of buf's reach: this plugin hands buf's descriptors on to that protoc.
"""

import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest, CodeGeneratorResponse
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc

PACKAGE_FILES = {
    "__init__.py": '"""The messages and services of the contract, generated from its protos."""\n',
    "py.typed": "",
}


def main() -> None:
    """Answers the request on standard input on standard output."""
    request = CodeGeneratorRequest.FromString(sys.stdin.buffer.read())
    response = CodeGeneratorResponse(
        supported_features=CodeGeneratorResponse.FEATURE_PROTO3_OPTIONAL
    )
    for name, content in (*stubs(request), *package_files(request)):
        response.file.add(name=name, content=content)
    sys.stdout.buffer.write(response.SerializeToString())


def stubs(request: CodeGeneratorRequest) -> Iterator[tuple[str, str]]:
    """Yields the name and the content of each stub of the files asked for."""
    with_services = {file.name for file in request.proto_file if file.service}
    with TemporaryDirectory() as folder:
        descriptors = Path(folder, "descriptors.binpb")
        descriptors.write_bytes(FileDescriptorSet(file=request.proto_file).SerializeToString())
        output = Path(folder, "output")
        output.mkdir()
        run_protoc(
            f"--descriptor_set_in={descriptors}",
            f"--python_out={output}",
            f"--pyi_out={output}",
            *request.file_to_generate,
        )
        run_protoc(
            f"--descriptor_set_in={descriptors}",
            f"--grpc_python_out={output}",
            *sorted(with_services.intersection(request.file_to_generate)),
        )
        for path in sorted(output.rglob("*.py*")):
            yield path.relative_to(output).as_posix(), path.read_text()


def run_protoc(*arguments: str) -> None:
    """Runs the protoc of grpcio-tools; exits as it does where it fails."""
    status = protoc.main(["protoc", *arguments])
    if status != 0:
        sys.exit(status)


def package_files(request: CodeGeneratorRequest) -> Iterator[tuple[str, str]]:
    """Yields what makes each folder of stubs a typed package."""
    for package in sorted({PurePosixPath(name).parent for name in request.file_to_generate}):
        for name, content in PACKAGE_FILES.items():
            yield str(package / name), content


if __name__ == "__main__":
    main()
