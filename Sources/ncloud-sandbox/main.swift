// Starts the stand-in service: options, seed, journal, server, then one JSON line that says where.

internal import Glibc
internal import NIOCore
internal import NIOPosix

exit(Start.run(arguments: Array(CommandLine.arguments.dropFirst())))
