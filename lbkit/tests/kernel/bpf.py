"""Classic BPF as far as lbkit's filters use it.

Pure.
"""

from lbkit.kernel.raw import Program


def run(program: Program, frame: bytes, packet_type: int) -> int:
    """Run a filter; return how many bytes it keeps."""
    accumulator, at = 0, 0
    while True:
        operation, if_true, if_false, operand = program[at]
        at += 1
        size = {0x28: 2, 0x30: 1}.get(operation, 0)
        if size:
            if operand + size > len(frame):
                return 0  # a load beyond the frame ends the program, and the frame is dropped
            accumulator = int.from_bytes(frame[operand : operand + size])
        elif operation == 0x20:
            accumulator = packet_type
        elif operation in (0x15, 0x45):
            is_so = accumulator == operand if operation == 0x15 else bool(accumulator & operand)
            at += if_true if is_so else if_false
        else:
            return operand
