internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import Platform

exit(Start.run(Arguments.read()))
