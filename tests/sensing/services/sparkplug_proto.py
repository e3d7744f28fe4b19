"""Google's own Protocol Buffers as the other side: Sparkplug B messages as edge nodes encode them.

The message types are declared here with the names and numbers of `sparkplug_b.proto`, as far as these tests need them.
"""

from typing import Any

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

_KIND: Any = FieldDescriptorProto
_FIELDS: dict[str, list[tuple[str, int, int | str, bool]]] = {
    "PropertyValue": [
        ("type", 1, _KIND.TYPE_UINT32, False), ("is_null", 2, _KIND.TYPE_BOOL, False),
        ("int_value", 3, _KIND.TYPE_UINT32, False), ("string_value", 8, _KIND.TYPE_STRING, False),
    ],
    "PropertySet": [("keys", 1, _KIND.TYPE_STRING, True), ("values", 2, "PropertyValue", True)],
    "DataSet": [("num_of_columns", 1, _KIND.TYPE_UINT64, False)],
    "Metric": [
        ("name", 1, _KIND.TYPE_STRING, False), ("alias", 2, _KIND.TYPE_UINT64, False),
        ("timestamp", 3, _KIND.TYPE_UINT64, False), ("datatype", 4, _KIND.TYPE_UINT32, False),
        ("is_historical", 5, _KIND.TYPE_BOOL, False), ("is_null", 7, _KIND.TYPE_BOOL, False),
        ("properties", 9, "PropertySet", False), ("int_value", 10, _KIND.TYPE_UINT32, False),
        ("long_value", 11, _KIND.TYPE_UINT64, False), ("float_value", 12, _KIND.TYPE_FLOAT, False),
        ("double_value", 13, _KIND.TYPE_DOUBLE, False), ("boolean_value", 14, _KIND.TYPE_BOOL, False),
        ("string_value", 15, _KIND.TYPE_STRING, False), ("bytes_value", 16, _KIND.TYPE_BYTES, False),
        ("dataset_value", 17, "DataSet", False),
    ],
    "Payload": [
        ("timestamp", 1, _KIND.TYPE_UINT64, False), ("metrics", 2, "Metric", True),
        ("seq", 3, _KIND.TYPE_UINT64, False),
        ("uuid", 4, _KIND.TYPE_STRING, False), ("body", 5, _KIND.TYPE_BYTES, False),
    ],
}  # fmt: skip


def _message_class() -> Any:
    file = FileDescriptorProto(name="sparkplug_b.proto", package="sparkplug", syntax="proto2")
    for name, fields in _FIELDS.items():
        message = file.message_type.add(name=name)
        for field, number, kind, many in fields:
            label = _KIND.LABEL_REPEATED if many else _KIND.LABEL_OPTIONAL
            one: Any = message.field.add(name=field, number=number, label=label)
            if isinstance(kind, str):
                one.type, one.type_name = _KIND.TYPE_MESSAGE, f".sparkplug.{kind}"
            else:
                one.type = kind
    pool = DescriptorPool()
    pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName("sparkplug.Payload"))


Payload: Any = _message_class()


def payload(seq: int | None, *metrics: dict[str, Any], timestamp: int | None = None) -> bytes:
    """A message with these metrics; `unit` of a metric becomes its engineering unit."""
    out = Payload()
    if seq is not None:
        out.seq = seq
    if timestamp is not None:
        out.timestamp = timestamp
    for fields in metrics:
        metric = out.metrics.add()
        for name, value in fields.items():
            if name == "unit":
                metric.properties.keys.append("engUnit")
                metric.properties.values.add(type=12, string_value=value)
            elif name == "dataset_value":
                metric.dataset_value.num_of_columns = value
            else:
                setattr(metric, name, value)
    encoded: bytes = out.SerializeToString()
    return encoded
