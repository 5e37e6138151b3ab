"""Tell what a .proto says: every name with its number and type.

Run with the folder of GoBGP's protos (`<module>/proto`), it writes the golden file that test_proto.py compares with:
`python -m lbkit.tests.gobgp.descriptors <module>/proto > lbkit/tests/data/gobgp-4.8.0.json`.
The golden file holds only what lbkit's own proto names.

Shell: runs protoc in a temporary folder.
"""

import json
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto, FileDescriptorProto, FileDescriptorSet

from lbkit.gobgp.pb import gobgp_pb2

Table = dict[str, dict[str, Any]]


def table(files: Iterable[FileDescriptorProto]) -> Table:
    """List the contents of package `api`.

    Returns:
        {message: {field: [number, label, type, type name]}}, {enum: {value: number}} and
        {service: {method: [request, request is a stream, response, response is a stream]}} in one, by full name.
    """
    found: Table = {}
    for each in files:
        if each.package != "api":
            continue
        for message in each.message_type:
            _message(found, f".{each.package}", message)
        for enum in each.enum_type:
            _enum(found, f".{each.package}", enum)
        for service in each.service:
            found[f".{each.package}.{service.name}"] = {
                method.name: [method.input_type, method.client_streaming, method.output_type, method.server_streaming]
                for method in service.method
            }
    return found


def _message(found: Table, parent: str, message: DescriptorProto) -> None:
    name = f"{parent}.{message.name}"
    found[name] = {
        field.name: [field.number, int(field.label), int(field.type), field.type_name] for field in message.field
    }
    for nested in message.nested_type:
        _message(found, name, nested)
    for enum in message.enum_type:
        _enum(found, name, enum)


def _enum(found: Table, parent: str, enum: EnumDescriptorProto) -> None:
    found[f"{parent}.{enum.name}"] = {value.name: value.number for value in enum.value}


def ours() -> Table:
    """List what lbkit's own proto says."""
    file = FileDescriptorProto()
    gobgp_pb2.DESCRIPTOR.CopyToProto(file)
    return table([file])


def theirs(folder: Path) -> Table:
    """List what GoBGP's own protos say, as far as ours names it."""
    from grpc_tools import protoc  # noqa: PLC0415  # only to compare with a GoBGP that is there

    with tempfile.TemporaryDirectory() as made:
        output = Path(made) / "set"
        includes = [f"-I{folder}", f"-I{Path(protoc.__file__).parent / '_proto'}"]
        wanted = [f"--descriptor_set_out={output}", "--include_imports", str(folder / "api" / "gobgp.proto")]
        status = protoc.main(["protoc", *includes, *wanted])
        if status:
            raise SystemExit(f"protoc failed on {folder}: status {status}")
        everything = table(FileDescriptorSet.FromString(output.read_bytes()).file)
    return {
        name: {key: value for key, value in everything.get(name, {}).items() if key in members}
        for name, members in ours().items()
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(theirs(Path(sys.argv[1])), indent=1, sort_keys=True) + "\n")
