"""Makes thousands of signing requests (P-256) in microseconds each, for measurements only.

All use one key and one fixed nonce, which is fast and reveals the key: never do this with a real key (RFC 6979).
openssl accepts them.
"""

import base64
import hashlib

# P-256 (SEC 2, section 2.4.2).
FIELD = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
BASE = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
KEY = 0x5E11DE7A11
NONCE = 0x0DD5EED


def added(p, q):
    """The sum of two points; None is the point at infinity."""
    if p is None or q is None:
        return p or q
    if p[0] == q[0] and (p[1] + q[1]) % FIELD == 0:
        return None
    if p == q:
        slope = 3 * (p[0] ** 2 - 1) * pow(2 * p[1], -1, FIELD)
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, FIELD)
    x = (slope**2 - p[0] - q[0]) % FIELD
    return x, (slope * (p[0] - x) - p[1]) % FIELD


def multiplied(number):
    total, power = None, BASE
    while number:
        if number & 1:
            total = added(total, power)
        power = added(power, power)
        number >>= 1
    return total


PUBLIC = multiplied(KEY)
R = multiplied(NONCE)[0] % ORDER
NONCE_INVERSE = pow(NONCE, -1, ORDER)


# DER (X.690): tag, length, content.


def der(tag, *parts):
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def sequence(*parts):
    return der(0x30, *parts)


def integer(number):
    return der(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def identifier(text):
    first, second, *rest = map(int, text.split("."))
    content = bytes([first * 40 + second])
    for number in rest:
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.append(0x80 | number & 0x7F)
        content += bytes(reversed(groups))
    return der(0x06, content)


def bits(content):
    return der(0x03, b"\0" + content)


PUBLIC_KEY = sequence(
    sequence(identifier("1.2.840.10045.2.1"), identifier("1.2.840.10045.3.1.7")),
    bits(b"\x04" + PUBLIC[0].to_bytes(32, "big") + PUBLIC[1].to_bytes(32, "big")),
)
ECDSA_SHA256 = sequence(identifier("1.2.840.10045.4.3.2"))


def signing_request(common_name, alternative_names=()):
    """A signing request (RFC 2986) as PEM text."""
    name = sequence(
        der(0x31, sequence(identifier("2.5.4.3"), der(0x0C, common_name.encode())))
    )
    names = [common_name, *alternative_names]
    alternatives = sequence(*(der(0x82, name.encode()) for name in names))
    extension = sequence(identifier("2.5.29.17"), der(0x04, alternatives))
    attribute = sequence(
        identifier("1.2.840.113549.1.9.14"), der(0x31, sequence(extension))
    )
    info = sequence(integer(0), name, PUBLIC_KEY, der(0xA0, attribute))
    digest = int.from_bytes(hashlib.sha256(info).digest(), "big")
    s = NONCE_INVERSE * (digest + R * KEY) % ORDER
    request = sequence(info, ECDSA_SHA256, bits(sequence(integer(R), integer(s))))
    text = base64.encodebytes(request).decode().replace("\n", "")
    lines = [text[i : i + 64] for i in range(0, len(text), 64)]
    return "\n".join(
        ["-----BEGIN CERTIFICATE REQUEST-----", *lines, "-----END CERTIFICATE REQUEST-----", ""]
    )


if __name__ == "__main__":
    # To look at one: signing_requests.py shop.example.com | openssl req -verify -noout -text
    import sys

    print(signing_request(sys.argv[1], sys.argv[2:]), end="")
