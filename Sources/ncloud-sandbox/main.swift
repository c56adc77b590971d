// Starts the stand-in service: options, seed, journal, server, then one JSON line that says where.

internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import Platform

exit(Start.run(Arguments.read()))
