// Starts the stand-in service: options, seed, journal, server, then one JSON line that says where.

import Glibc
import NIOCore
import NIOPosix

exit(Start.run(arguments: Array(CommandLine.arguments.dropFirst())))
